//! Loading of the files named on the command line.

use std::path::Path;

use anyhow::{Context, anyhow};
use polyfill_builder::index::Sanitize;
use polyfill_builder::wit::WitError;
use polyfill_builder::{Element, Features, Gated, Suite, module, reference, sanitize, wit};
use polyfill_encoder::{Adapter, Encoded, Input, Options, Region, Source, Wit};
use wit_component::StringEncoding;

use crate::adapt::{Adapt, AdapterArg, Settings, WitArg};
use crate::error::NotEncoded;
use crate::{args, output};

/// A core module and its WIT.
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) wasm: Vec<u8>,
    wit: Option<Wit>,
    /// Import modules that an adapter implements. Default: its name.
    implements: Option<Vec<String>>,
    settings: Settings,
}

impl Module {
    fn source(&self) -> Source<'_> {
        Source { name: self.name.clone(), wasm: &self.wasm, wit: self.wit.clone() }
    }

    /// Returns the module as an adapter for the import module of its name.
    pub(crate) fn adapter(&self) -> Adapter<'_> {
        let adapter = Adapter::new(&self.name, &self.wasm).with_wit(self.wit.clone());
        let adapter = adapter.in_form(self.settings.form).with_stack(self.settings.stack);
        match &self.implements {
            Some(names) => adapter.implementing(names),
            None => adapter,
        }
    }
}

/// All modules of a component.
pub(crate) struct Modules {
    pub(crate) main: Module,
    layers: Vec<Layer>,
    /// Set if a published adapter is included. Only the adapter itself knows which parts of main's memory it has
    /// allocated.
    published: bool,
    reported: Reported,
    /// Items of the given WIT that are excluded.
    left_out: Gated,
}

/// Selection of the calls across the core boundary to report, by interposition adapters in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reported {
    /// Only the calls for which the command line has interposition adapters.
    AsGiven,
    /// All calls, for a trace.
    Traced,
    /// The calls that the sanitizer needs.
    Sanitized,
}

/// A layer after main.
enum Layer {
    Adapter(Box<Module>),
    /// Interposition adapter for the import modules with that name or pattern.
    Interposer(String),
}

impl Layer {
    fn adapter(&self) -> Adapter<'_> {
        match self {
            Layer::Adapter(module) => module.adapter(),
            Layer::Interposer(modules) => Adapter::interposer(modules),
        }
    }
}

impl Modules {
    /// Adds the interposition adapters for the selected calls.
    pub(crate) fn reported(self, reported: Reported) -> Self {
        Self { reported, ..self }
    }

    /// Encodes the component, and prints warnings.
    pub(crate) fn encoded(&self, options: &Options) -> anyhow::Result<Encoded> {
        let encoded = polyfill_encoder::encode(&self.input(), options);
        let encoded = encoded.map_err(|errors| NotEncoded::new(errors, &self.left_out))?;
        encoded.warnings.iter().for_each(|warning| output::warning(&warning.to_string()));
        Ok(encoded)
    }

    /// Returns the component, and the inputs of the sanitizer if it is enabled.
    pub(crate) fn encode(&self, options: &Options) -> anyhow::Result<(Vec<u8>, Option<Sanitize>)> {
        let encoded = self.encoded(options)?;
        let wanted = self.reported == Reported::Sanitized;
        let check = wanted.then(|| {
            let check = sanitize::check(&self.main.wasm, &encoded.plan.growth());
            Sanitize { adapters_grow: check.shared && self.published, ..check }
        });
        Ok((encoded.component, check))
    }

    pub(crate) fn input(&self) -> Input<'_> {
        let adapters = self.layers.iter().map(Layer::adapter).collect();
        let adapters = match self.reported {
            Reported::AsGiven => adapters,
            Reported::Traced => polyfill_builder::traced(adapters),
            Reported::Sanitized => sanitize::sanitized(adapters),
        };
        Input { main: self.main.source(), adapters }
    }
}

/// Loads the module and the adapters of `encode` and `explain`.
pub(crate) fn input(args: &args::Input) -> anyhow::Result<Modules> {
    let wasm = module::read_argument(&args.module)?;
    modules(stem(&args.module).unwrap_or("main"), wasm, &args.encoding, &args.encoding.adapts)
}

/// Combines a loaded module with its WIT and its adapters.
pub(crate) fn modules(
    name: &str,
    wasm: Vec<u8>,
    encoding: &args::Encoding,
    adapts: &[Adapt],
) -> anyhow::Result<Modules> {
    let features = encoding.features.features();
    let args = adapts.iter().filter_map(|adapt| match adapt {
        Adapt::File(arg) => arg.wit.as_ref(),
        Adapt::Interposer(_) => None,
    });
    let left_out = left_out(&features, encoding.wit.iter().chain(args))?;
    let wit = encoding.wit.as_ref().map(|arg| wit(arg, encoding.world.as_deref(), &features)).transpose()?;
    let layers = adapts.iter().map(|adapt| match adapt {
        Adapt::File(arg) => adapter_of(arg, &features).map(|module| Layer::Adapter(Box::new(module))),
        Adapt::Interposer(modules) => Ok(Layer::Interposer(modules.clone())),
    });
    let layers = layers.collect::<Result<_, _>>()?;
    let published = adapts.iter().any(|adapt| matches!(adapt, Adapt::File(arg) if is_published(&arg.file)));
    let (wasm, wit) = with_encoding(wasm, wit, encoding.encoding)?;
    let main = Module { name: name.to_string(), wasm, wit, implements: None, settings: Settings::default() };
    Ok(Modules { main, layers, published, reported: Reported::AsGiven, left_out })
}

/// Collects the excluded items of the given WIT. An unknown feature is an error.
pub(crate) fn left_out<'a>(features: &Features, wit: impl Iterator<Item = &'a WitArg>) -> anyhow::Result<Gated> {
    let mut known = Gated::default();
    for arg in wit {
        known.add(wit::gated(&arg.path)?);
    }
    match features.missing(&known).next() {
        Some(feature) => Err(WitError::feature(feature, &known).into()),
        None => Ok(features.left_out(&known)),
    }
}

impl Modules {
    /// Replaces the adapters by those of a chain: published adapters, interposition adapters, and adapters of the
    /// suite by id.
    pub(crate) fn through(mut self, chain: &str, suite: &Suite) -> anyhow::Result<Modules> {
        let is_command = module::is_command(&self.main.wasm);
        self.layers.clear();
        for word in chain.split('+').filter(|_| chain != "none") {
            if let Element::Interposer(modules) = Element::parse(word) {
                self.layers.push(Layer::Interposer(modules.to_string()));
                continue;
            }
            let published = reference::find(&for_main(word, is_command)).transpose()?;
            self.published |= published.is_some();
            let module = match published {
                Some(published) => Module {
                    name: reference::IMPORT_MODULE.to_string(),
                    wasm: published.wasm().to_vec(),
                    wit: None,
                    implements: None,
                    settings: Settings::default(),
                },
                None => of_suite(suite, word)?,
            };
            self.layers.push(Layer::Adapter(Box::new(module)));
        }
        Ok(self)
    }
}

/// Returns the newest published adapter for a main module, with its release.
pub(crate) fn newest(main: &[u8]) -> String {
    let name = for_main("reference", module::is_command(main));
    reference::find(&name).and_then(Result::ok).map_or(name, |found| found.to_string())
}

/// Resolves `reference`, with or without a release, to the published adapter for a main module.
fn for_main(word: &str, is_command: bool) -> String {
    let flavour = if is_command { "reference-command" } else { "reference-reactor" };
    match word.strip_prefix("reference") {
        Some(version) if version.is_empty() || version.starts_with('@') => format!("{flavour}{version}"),
        _ => word.to_string(),
    }
}

/// Loads an adapter of the suite.
fn of_suite(suite: &Suite, id: &str) -> anyhow::Result<Module> {
    let none = |why: String| {
        anyhow!(
            "adapter `{id}` not found: {why}\n  help: use a published adapter (`reference-command@48.0.8`) or a file \
             (`--adapt FILE`)"
        )
    };
    let found = suite.adapter_with_wit(id).map_err(|error| none(error.to_string()))?;
    let (adapter, wit) = found.ok_or_else(|| {
        none(format!("suite `{}` has no adapter with this name that compiles", suite.root().display()))
    })?;
    let settings = Settings { form: adapter.form, stack: adapter.stack, encoding: None };
    let name = id.split('.').next().unwrap_or(id).to_string();
    Ok(Module { name, wasm: adapter.wasm, wit, implements: Some(adapter.implements), settings })
}

/// Loads an adapter of the command line.
pub(crate) fn adapter_of(arg: &AdapterArg, features: &Features) -> anyhow::Result<Module> {
    let module = adapter(arg.name.as_deref(), &arg.file, arg.wit.as_ref(), features)?;
    let (wasm, wit) = with_encoding(module.wasm, module.wit, arg.settings.encoding)?;
    Ok(Module { wasm, wit, settings: arg.settings, ..module })
}

/// Embeds the given WIT in the module, with the string encoding. Without an encoding the WIT stays separate, which
/// means UTF-8.
fn with_encoding(
    mut wasm: Vec<u8>,
    wit: Option<Wit>,
    encoding: Option<StringEncoding>,
) -> anyhow::Result<(Vec<u8>, Option<Wit>)> {
    let (Some(given), Some(encoding)) = (&wit, encoding) else { return Ok((wasm, wit)) };
    let embedded = wit_component::embed_component_metadata(&mut wasm, &given.resolve, given.world, encoding, false);
    embedded.context("cannot embed the WIT in the module")?;
    Ok((wasm, None))
}

/// Loads one adapter.
pub(crate) fn adapter(
    name: Option<&str>,
    file: &Path,
    wit_arg: Option<&WitArg>,
    features: &Features,
) -> anyhow::Result<Module> {
    // An existing file takes precedence over a published adapter.
    let published = published(file).transpose()?;
    let default = if published.is_some() { Some(reference::IMPORT_MODULE) } else { stem(file) };
    let name = name.or(default).with_context(|| {
        let file = file.display();
        format!(
            "no adapter name in the file name `{file}`: it starts with a dot\n  help: name the adapter: `--adapt \
             NAME={file}`"
        )
    })?;
    let wasm = published.map_or_else(|| module::read_argument(file), |published| Ok(published.wasm().to_vec()))?;
    let wit = wit_arg.map(|arg| wit(arg, None, features)).transpose()?;
    Ok(Module { name: name.to_string(), wasm, wit, implements: None, settings: Settings::default() })
}

/// Loads the published adapter of that name.
fn published(file: &Path) -> Option<Result<reference::Reference, reference::Unknown>> {
    file.to_str().filter(|_| !file.exists()).and_then(reference::find)
}

fn is_published(file: &Path) -> bool {
    published(file).is_some()
}

/// Returns the options of an encoding.
pub(crate) fn options(encoding: &args::Encoding, validate: bool) -> Options {
    let region = if encoding.realloc_via_memory_grow { Region::MemoryGrow } else { Region::Auto };
    Options { validate, region, ..Options::default() }
}

/// Returns a file's name up to the first dot, if it is not empty.
pub(crate) fn stem(file: &Path) -> Option<&str> {
    let name = file.file_name()?.to_str()?;
    name.split('.').next().filter(|stem| !stem.is_empty())
}

fn wit(arg: &WitArg, world: Option<&str>, features: &Features) -> anyhow::Result<Wit> {
    Ok(wit::load_with(&arg.path, world.or(arg.world.as_deref()), features)?)
}
