//! `layers`: main and its adapters as modules, those that are generated included; and which import an adapter serves.

use std::borrow::Cow;

use wit_parser::PackageName;

use crate::error::{Error, Errors};
use crate::input::{Adapter, Code, Source};
use crate::names;
use crate::plan::ModuleId;
use crate::read::{self, Layer, Module};
use crate::{interpose, stub, wildcard};

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
    for index in 1..modules.len() {
        let (before, rest) = modules.split_at_mut(index);
        let wanted = rest[0].name.clone();
        let taken = |name: &str| before.iter().any(|other| other.name == name);
        if taken(&wanted) {
            let free = (2..).map(|n| format!("{wanted} ({n})")).find(|name| !taken(name));
            rest[0].name = free.unwrap_or(wanted);
        }
    }
}

/// The layers that may serve an import of `importer`: those that implement its module, without the importer and, if it
/// is one of them, without those in front of it.
pub(crate) fn serving<'m>(
    modules: &'m [Module<'_>],
    importer: ModuleId,
    import_module: &'m str,
) -> impl Iterator<Item = ModuleId> + 'm {
    let implements = move |id: &ModuleId| modules[id.0].layer.implements.iter().any(|n| is_named(n, import_module));
    let first = if importer != ModuleId::MAIN && implements(&importer) { importer.0 + 1 } else { 1 };
    (first..modules.len()).map(ModuleId).filter(move |id| *id != importer && implements(id))
}

/// The layer that an import of a function is given to: the first that serves it and exports the function.
///
/// A transparent layer stands between main and whatever is behind it; between another adapter and the world it would be
/// mistaken for main.
pub(crate) fn layer_of(modules: &[Module<'_>], importer: ModuleId, module: &str, field: &str) -> Option<ModuleId> {
    let behind_is_a_layer = |id: &ModuleId| layer_of(modules, *id, module, field).is_some();
    serving(modules, importer, module).find(|id| {
        let transparent = modules[id.0].layer.transparent;
        modules[id.0].exports_function(field) && (!transparent || importer == ModuleId::MAIN || behind_is_a_layer(id))
    })
}

/// The layer that reports an adapter's calls of a function of main's, if there is one.
pub(crate) fn in_front_of_main(modules: &[Module<'_>], importer: ModuleId, field: &str) -> Option<ModuleId> {
    // An adapter for any import module (`*`) is none for main.
    serving(modules, importer, names::MAIN)
        .find(|id| modules[id.0].layer.transparent && modules[id.0].exports_function(field))
}

/// Whether the name or pattern `implements` stands for the import module `module`: see [`Adapter::implements`].
pub fn is_named(implements: &str, module: &str) -> bool {
    if implements == module {
        return true;
    }
    match implements.contains('*') {
        true => wildcard::fits(implements, "*", module),
        false => track_of(implements).is_some_and(|track| track_of(module) == Some(track)),
    }
}

/// `ns:pkg/interface@1.2.3` with the version cut to its compatibility track.
pub(crate) fn track_of(name: &str) -> Option<String> {
    let (interface, version) = name.split_once('@')?;
    let version = semver::Version::parse(version).ok()?;
    Some(format!("{interface}@{}", PackageName::version_compat_track_string(&version).0))
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
