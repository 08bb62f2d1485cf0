//! Compiles the guests and adapters of a suite, without encoding them.

use std::collections::{BTreeMap, BTreeSet};

use polyfill_encoder::Wit;

use super::Suite;
use crate::built::{AdapterModule, CoreModules};
use crate::compile::{self, Compiled, Outcome, Workshop};
use crate::discover;
use crate::error::{BuildError, Problems};
use crate::features::Features;
use crate::index::Stage;
use crate::near;
use crate::output::Lock;
use crate::system::threads;

impl Suite {
    /// Compiles one guest. Returns its core module, or the failed step and its message.
    ///
    /// # Errors
    ///
    /// Returns [`BuildError`] if the suite is invalid or has no such guest.
    pub fn compile(&self, guest: &str) -> Result<Result<Vec<u8>, (Stage, String)>, BuildError> {
        threads::bound_rayon();
        let layout = discover::discover(&self.root, false)?;
        let Some(found) = layout.guests.iter().find(|found| found.name == guest) else {
            let hint = near::hint(guest, layout.guests.iter().map(|guest| guest.name.as_str()));
            return Err(BuildError::NoGuest { name: guest.to_string(), hint });
        };
        if !found.faults.is_empty() {
            return Ok(Err((Stage::Case, found.faults.join("\n"))));
        }
        let (work, _) = self.folders(&layout)?;
        let _lock = Lock::take(&work)?;
        let settings = self.current_settings();
        let shop = Workshop::new(&layout.root, &work, &settings, self.progress);
        let compiled = compile::guests(&shop, &layout, &BTreeSet::from([guest])).remove(guest);
        Ok(match compiled.map(|compiled| compiled.outcome) {
            Some(Outcome::Ready(wasm)) => Ok(wasm),
            Some(Outcome::Ignored(message) | Outcome::Failed(message)) => Err((Stage::Compile, message)),
            None => Err((Stage::Compile, format!("`{guest}` was not compiled"))),
        })
    }

    /// Compiles one of the suite's adapters by id. Returns `None` if the adapter does not exist or has no module, as
    /// for a stub or an adapter that does not compile.
    ///
    /// # Errors
    ///
    /// Returns [`BuildError`] if the suite is invalid.
    pub fn adapter(&self, id: &str) -> Result<Option<AdapterModule>, BuildError> {
        Ok(self.adapter_with_wit(id)?.map(|(adapter, _)| adapter))
    }

    /// Compiles one of the suite's adapters, as [`Suite::adapter`] does, and loads the WIT that its sidecar names.
    ///
    /// # Errors
    ///
    /// Returns [`BuildError`] if the suite is invalid.
    pub fn adapter_with_wit(&self, id: &str) -> Result<Option<(AdapterModule, Option<Wit>)>, BuildError> {
        threads::bound_rayon();
        let layout = discover::discover(&self.root, false)?;
        let Some(adapter) = layout.adapters.iter().find(|adapter| adapter.id == id) else { return Ok(None) };
        let (work, _) = self.folders(&layout)?;
        let _lock = Lock::take(&work)?;
        let settings = self.current_settings();
        let shop = Workshop::new(&layout.root, &work, &settings, self.progress);
        let compiled = compile::adapters(&shop, &layout).remove(&adapter.of);
        Ok(match compiled.map(|compiled| compiled.outcome) {
            Some(Outcome::Ready(wasm)) => {
                let discover::Adapter { form, stack, .. } = *adapter;
                let wit = adapter.wit.as_ref().map(|wit| wit.load(&Features::default())).transpose();
                let wit = wit.map_err(|error| BuildError::Layout(Problems(vec![error.to_string()])))?;
                Some((AdapterModule { form, stack, ..AdapterModule::plain(adapter.implements.clone(), wasm) }, wit))
            }
            Some(Outcome::Ignored(_) | Outcome::Failed(_)) | None => None,
        })
    }

    /// Compiles all guests and adapters. Returns their core modules, or the message of each that does not compile.
    ///
    /// # Errors
    ///
    /// Fails if the suite's layout is invalid or a file operation fails.
    pub fn modules(&self) -> Result<CoreModules, BuildError> {
        threads::bound_rayon();
        let layout = discover::discover(&self.root, false)?;
        let (work, _) = self.folders(&layout)?;
        let _lock = Lock::take(&work)?;
        let settings = self.current_settings();
        let shop = Workshop::new(&layout.root, &work, &settings, self.progress);
        let names = layout.guests.iter().map(|guest| guest.name.as_str()).collect();
        let modules = |compiled: BTreeMap<String, Compiled>| {
            let module = |compiled: Compiled| match compiled.outcome {
                Outcome::Ready(wasm) => Ok(wasm),
                Outcome::Ignored(message) | Outcome::Failed(message) => Err(message),
            };
            compiled.into_iter().map(|(name, compiled)| (name, module(compiled))).collect()
        };
        Ok(CoreModules {
            guests: modules(compile::guests(&shop, &layout, &names)),
            adapters: modules(compile::adapters(&shop, &layout)),
        })
    }
}
