//! The files that a command line names, read.

use std::path::Path;

use polyfill_build::{module, wit};
use polyfill_encoder::{Input, Options, Region, Source, Wit};

use crate::adapt::WitArg;
use crate::args;
use crate::error::Error;

/// A core module and its WIT.
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) wasm: Vec<u8>,
    wit: Option<Wit>,
}

impl Module {
    pub(crate) fn source(&self) -> Source<'_> {
        Source { name: self.name.clone(), wasm: &self.wasm, wit: self.wit.clone() }
    }
}

/// All modules of a component.
pub(crate) struct Modules {
    pub(crate) main: Module,
    adapters: Vec<Module>,
}

impl Modules {
    pub(crate) fn input(&self) -> Input<'_> {
        Input { main: self.main.source(), adapters: self.adapters.iter().map(Module::source).collect() }
    }
}

/// The module of `encode` and `explain`, and its adapters.
pub(crate) fn input(args: &args::Input) -> Result<Modules, Error> {
    let wasm = module::read(&args.module)?;
    modules(stem(&args.module).unwrap_or("main"), wasm, &args.encoding)
}

/// A module that is at hand, its WIT, and its adapters.
pub(crate) fn modules(name: &str, wasm: Vec<u8>, encoding: &args::Encoding) -> Result<Modules, Error> {
    let wit = encoding.wit.as_ref().map(|arg| wit(arg, encoding.world.as_deref())).transpose()?;
    let adapters = encoding.adapts.iter().map(|adapt| adapter(adapt.name.as_deref(), &adapt.file, adapt.wit.as_ref()));
    let adapters = adapters.collect::<Result<_, _>>()?;
    Ok(Modules { main: Module { name: name.to_string(), wasm, wit }, adapters })
}

/// One adapter.
pub(crate) fn adapter(name: Option<&str>, file: &Path, wit_arg: Option<&WitArg>) -> Result<Module, Error> {
    let name = name.or_else(|| stem(file)).ok_or_else(|| Error::NoName { file: file.to_path_buf() })?;
    let wasm = module::read(file)?;
    let wit = wit_arg.map(|arg| wit(arg, None)).transpose()?;
    Ok(Module { name: name.to_string(), wasm, wit })
}

/// The options of an encoding.
pub(crate) fn options(encoding: &args::Encoding, validate: bool) -> Options {
    let region = if encoding.realloc_via_memory_grow { Region::MemoryGrow } else { Region::Auto };
    Options { validate, region, ..Options::default() }
}

/// A file's name up to the first dot, if there is anything before it.
pub(crate) fn stem(file: &Path) -> Option<&str> {
    let name = file.file_name()?.to_str()?;
    name.split('.').next().filter(|stem| !stem.is_empty())
}

fn wit(arg: &WitArg, world: Option<&str>) -> Result<Wit, Error> {
    Ok(wit::load(&arg.path, world.or(arg.world.as_deref()))?)
}
