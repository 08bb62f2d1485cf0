//! Compiles adapters of a suite for the tests of a `wasi-testsuite`.

use std::path::PathBuf;

use super::Suite;
use crate::compile::{self, Outcome, Workshop};
use crate::discover::{self, Adapter, Kind};
use crate::error::{BuildError, Problems};
use crate::near;
use crate::output::Lock;

/// Directory of the compiled adapters, in the work directory of their suite.
const FOLDER: &str = "adapters-for-wasi-testsuite";

impl Suite {
    /// Compiles the adapters that the chains of a `wasi-testsuite` name, in the suite of these adapters.
    pub(super) fn own_adapters(&self, chains: &[String]) -> Result<Vec<Adapter>, BuildError> {
        let ids = discover::testsuite::own_adapters(chains);
        let problem = |message: String| BuildError::Layout(Problems(vec![message]));
        let Some(first) = ids.first() else { return Ok(Vec::new()) };
        let has_guests = |suite: &&PathBuf| suite.join("guests").is_dir();
        let Some(root) = self.adapters_of.as_ref().filter(has_guests) else {
            return Err(problem(format!(
                "adapter `{first}` not found{}\n  help: name a published adapter (`reference-command@48.0.8`), a file \
                 (`./{first}.wasm`), or an adapter of the suite directory in `--suite`",
                near::hint(first, ["reference", "reference-command", "reference-reactor"].into_iter())
            )));
        };
        let mut suite = Suite::new(root);
        suite.settings = self.settings.clone();
        suite.progress = self.progress;
        let mut layout = discover::discover(root, false)?;
        layout.guests.clear();
        let own: Vec<Adapter> = layout.adapters.iter().filter(|adapter| ids.contains(&adapter.id)).cloned().collect();
        if let Some(id) = ids.iter().find(|id| own.iter().all(|adapter| adapter.id != **id)) {
            let hint = near::hint(id, layout.adapters.iter().map(|adapter| adapter.id.as_str()));
            let folder = root.join("adapters");
            return Err(problem(format!("adapter `{id}` not found in `{}`{hint}", folder.display())));
        }
        layout.adapters.retain(|adapter| own.iter().any(|own| own.of == adapter.id || own.id == adapter.id));
        let (work, _) = suite.folders(&layout)?;
        let _lock = Lock::take(&work)?;
        let settings = suite.current_settings();
        let shop = Workshop::new(&layout.root, &work, &settings, suite.progress);
        let compiled = compile::adapters(&shop, &layout);
        let folder = work.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(BuildError::io("create the directory", &folder))?;
        let ready = |adapter: Adapter| {
            if matches!(adapter.kind, Kind::Stub(_)) {
                return Ok(adapter);
            }
            let wasm = match compiled.get(&adapter.of).map(|compiled| &compiled.outcome) {
                Some(Outcome::Ready(wasm)) => wasm,
                Some(Outcome::Ignored(message) | Outcome::Failed(message)) => {
                    return Err(problem(format!("adapter `{}`: {message}", adapter.id)));
                }
                None => return Err(problem(format!("adapter `{}` was not compiled", adapter.id))),
            };
            // A module of its own, since the code may be in another adapter of the suite.
            let path = folder.join(format!("{}.wasm", adapter.id));
            crate::system::write(&path, wasm).map_err(BuildError::io("write to", &path))?;
            Ok(Adapter { of: adapter.id.clone(), path, kind: Kind::Module, default: false, ..adapter })
        };
        own.into_iter().map(ready).collect()
    }
}
