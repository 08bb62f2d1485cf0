//! `layers`: main and its adapters as modules, those that are generated included; and which import an adapter serves.

use std::borrow::Cow;

use foldhash::{HashMap, HashSet};

use crate::error::{Error, Errors};
use crate::input::{Adapter, Code, Source};
use crate::names;
use crate::plan::ModuleId;
use crate::read::{self, Layer, Module};
use crate::{interpose, stub, versions, wildcard};

/// Reads main, and the modules of each adapter: none yet for an interposer.
pub(crate) fn read<'a>(
    main: &'a Source<'_>,
    adapters: &'a [Adapter<'_>],
) -> Result<(Module<'a>, Vec<Vec<Module<'a>>>), Errors> {
    match (read_main(main), read_adapters(adapters)) {
        (Ok(main), Ok(layers)) => Ok((main, layers)),
        (Ok(_), Err(errors)) => Err(errors),
        (Err(error), Ok(_)) => Err(error.into()),
        (Err(error), Err(errors)) => Err(Errors::from(error).and(errors)),
    }
}

/// The modules of each adapter, in order; none yet for an interposer.
pub(crate) fn read_adapters<'a>(adapters: &'a [Adapter<'_>]) -> Result<Vec<Vec<Module<'a>>>, Errors> {
    let mut errors = Vec::new();
    let layers = adapters.iter().map(|adapter| keep(read_adapter(adapter), &mut errors)).collect();
    Errors::check(errors)?;
    Ok(layers)
}

/// Reads main.
pub(crate) fn read_main<'a>(main: &'a Source<'_>) -> Result<Module<'a>, Error> {
    let module = read::read(&main.name, main.wasm)?;
    match module.is_library {
        // An adapter that is one is refused with more to say, when it is trimmed.
        true => Err(Error::Library { module: module.name }),
        false => Ok(Module { wit: main.wit.as_ref().map(Cow::Borrowed), ..module }),
    }
}

/// Main and the layers behind it, in order: main is [`ModuleId::MAIN`], adapters follow.
pub(crate) fn line_up<'a>(
    main: Module<'a>,
    adapters: &[Adapter<'_>],
    mut layers: Vec<Vec<Module<'a>>>,
) -> Result<Vec<Module<'a>>, Errors> {
    let mut errors = Vec::new();
    let checks = adapters.iter().any(|adapter| matches!(adapter.code, Code::Interposer { checks: true }));
    let main = if checks { interpose::readable(main)? } else { main };
    if adapters.iter().any(|adapter| matches!(adapter.code, Code::Interposer { .. })) {
        // An interposer passes on what the others import: it is made when they are known.
        let known: Vec<Module<'_>> = std::iter::once(&main).chain(layers.iter().flatten()).cloned().collect();
        for (adapter, layer) in adapters.iter().zip(&mut layers) {
            if let Code::Interposer { checks } = adapter.code {
                *layer = keep(interpose::layers(adapter, checks, &known), &mut errors);
            }
        }
    }
    Errors::check(errors)?;
    let mut modules = vec![main];
    modules.extend(layers.into_iter().flatten());
    if !modules.iter().any(|module| module.layer.transparent) {
        // Only interposers bring the interface by which anything is told.
        modules.iter_mut().for_each(|module| module.layer.reports = false);
    }
    name_apart(&mut modules);
    Ok(modules)
}

fn keep<T>(found: Result<Vec<T>, Error>, errors: &mut Vec<Error>) -> Vec<T> {
    found.unwrap_or_else(|error| {
        errors.push(error);
        Vec::new()
    })
}

/// The modules of an adapter; none yet for an interposer, which takes more to make.
pub(crate) fn read_adapter<'a>(adapter: &'a Adapter<'_>) -> Result<Vec<Module<'a>>, Error> {
    match &adapter.code {
        Code::Module { wasm, wit } => {
            let wit = wit.as_ref().map(Cow::Borrowed);
            let layer = layer(adapter, adapter.implements.clone());
            Ok(vec![Module { wit, layer, ..read::read(&adapter.name, *wasm)? }])
        }
        Code::Stub { wit, answer } => stub::layers(adapter, wit, *answer),
        Code::Interposer { .. } => Ok(Vec::new()),
    }
}

/// What an adapter is among the others.
pub(crate) fn layer(adapter: &Adapter<'_>, implements: Vec<String>) -> Layer {
    Layer { implements, form: adapter.form, stack: adapter.stack, reports: adapter.reports, ..Layer::default() }
}

/// Layers for one import module are often called by its name: the second one of a name is told apart.
fn name_apart(modules: &mut [Module<'_>]) {
    let mut taken: HashSet<String> = HashSet::default();
    // The number that the next layer of a name gets, if that is free.
    let mut numbers: HashMap<String, usize> = HashMap::default();
    for module in modules {
        let wanted = module.name.clone();
        while !taken.insert(module.name.clone()) {
            let next = numbers.entry(wanted.clone()).or_insert(2);
            module.name = format!("{wanted} ({next})");
            *next += 1;
        }
    }
}

/// The layers by the import modules that they implement.
pub(crate) struct Layers<'m> {
    modules: &'m [Module<'m>],
    exact: HashMap<&'m str, Vec<ModuleId>>,
    /// By the compatibility tracks of interfaces.
    tracks: HashMap<String, Vec<ModuleId>>,
    patterns: Vec<(&'m str, ModuleId)>,
}

impl<'m> Layers<'m> {
    /// Those behind main.
    pub fn of(modules: &'m [Module<'m>]) -> Layers<'m> {
        let (exact, tracks, patterns) = (HashMap::default(), HashMap::default(), Vec::new());
        let mut layers = Layers { modules, exact, tracks, patterns };
        for (index, module) in modules.iter().enumerate().skip(1) {
            for name in &module.layer.implements {
                layers.exact.entry(name).or_default().push(ModuleId(index));
                if name.contains('*') {
                    layers.patterns.push((name, ModuleId(index)));
                } else if let Some(track) = versions::track_of(name) {
                    layers.tracks.entry(track).or_default().push(ModuleId(index));
                }
            }
        }
        layers
    }

    /// The layers that implement an import module, in order.
    fn implementing(&self, import_module: &str) -> Vec<ModuleId> {
        let mut found = self.exact.get(import_module).cloned().unwrap_or_default();
        if !self.tracks.is_empty()
            && let Some(others) = versions::track_of(import_module).and_then(|track| self.tracks.get(&track))
        {
            found.extend(others);
        }
        let patterns = self.patterns.iter().filter(|(pattern, _)| is_named(pattern, import_module));
        found.extend(patterns.map(|(_, id)| *id));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The layers that may serve an import of `importer`: those that implement its module, without the importer and, if
    /// it is one of them, without those in front of it.
    pub fn serving(&self, importer: ModuleId, import_module: &str) -> Vec<ModuleId> {
        let mut found = self.implementing(import_module);
        let first = if importer != ModuleId::MAIN && found.contains(&importer) { importer.0 + 1 } else { 1 };
        found.retain(|id| id.0 >= first && *id != importer);
        found
    }

    /// The layer that an import of a function is given to: the first that serves it and exports the function.
    ///
    /// A transparent layer stands between main and whatever is behind it; between another adapter and the world it would
    /// be mistaken for main.
    pub fn layer_of(&self, importer: ModuleId, module: &str, field: &str) -> Option<ModuleId> {
        let behind_is_a_layer = |id: &ModuleId| self.layer_of(*id, module, field).is_some();
        self.serving(importer, module).into_iter().find(|id| {
            let (transparent, exports) =
                (self.modules[id.0].layer.transparent, self.modules[id.0].exports_function(field));
            exports && (!transparent || importer == ModuleId::MAIN || behind_is_a_layer(id))
        })
    }

    /// The layer that reports an adapter's calls of a function of main's, if there is one.
    pub fn in_front_of_main(&self, importer: ModuleId, field: &str) -> Option<ModuleId> {
        // An adapter for any import module (`*`) is none for main.
        self.serving(importer, names::MAIN)
            .into_iter()
            .find(|id| self.modules[id.0].layer.transparent && self.modules[id.0].exports_function(field))
    }
}

/// Whether the name or pattern `implements` stands for the import module `module`: see [`Adapter::implements`].
pub fn is_named(implements: &str, module: &str) -> bool {
    if implements == module {
        return true;
    }
    match implements.contains('*') {
        true => wildcard::fits(implements, "*", module),
        false => versions::track_of(implements).is_some_and(|track| versions::track_of(module) == Some(track)),
    }
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn names_versions_and_patterns() {
        for (implements, module, expected) in [
            ("env", "env", true),
            ("env", "environment", false),
            ("wasi:cli/environment@0.2.0", "wasi:cli/environment@0.2.3", true),
            ("wasi:cli/environment@0.2.3", "wasi:cli/environment@0.2.0", true),
            ("wasi:cli/environment@0.2.0", "wasi:cli/environment@0.3.0", false),
            ("wasi:cli/environment@0.2.0-rc", "wasi:cli/environment@0.2.0", false),
            ("wasi:cli/environment", "wasi:cli/environment@0.2.0", false),
            ("wasi:cli/environment@*", "wasi:cli/environment@0.2.0", true),
            ("wasi:sockets/*", "wasi:sockets/tcp@0.2.0", true),
            ("wasi:*/*@0.2.*", "wasi:sockets/tcp@0.2.0", true),
            ("wasi:*/*@0.2.*", "wasi:sockets/tcp@0.3.0", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
        ] {
            assert_eq!(is_named(implements, module), expected, "{implements} for {module}");
        }
    }
}
