//! Text inputs of both encoders: modules in WAT, their worlds in WIT, and options.

use std::fmt;

use wit_component::StringEncoding;
use wit_parser::{Resolve, WorldId};

/// All inputs of one component.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// Main module.
    pub main: Source,
    /// Adapters, each with the import module that it implements.
    pub adapters: Vec<(String, Source)>,
    /// Options.
    pub options: Options,
}

/// Options that both encoders support.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Set when adapters obtain memory by `memory.grow`, regardless of main's exports.
    pub memory_grow: bool,
    /// Set when shims call through function references.
    pub return_call_ref: bool,
}

/// A core module and its world.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The module as WAT.
    pub wat: String,
    /// Package that contains the world, with the packages it refers to as nested packages.
    pub wit: String,
    /// Name of the world.
    pub world: String,
    /// String encoding of the module.
    pub encoding: Encoding,
}

/// A string encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16.
    Utf16,
    /// Latin-1 or UTF-16, per string.
    Compact,
}

impl Encoding {
    /// All encodings.
    pub const ALL: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Compact];
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Encoding::Utf8 => "utf8",
            Encoding::Utf16 => "utf16",
            Encoding::Compact => "latin1+utf16",
        })
    }
}

impl From<Encoding> for StringEncoding {
    fn from(encoding: Encoding) -> StringEncoding {
        match encoding {
            Encoding::Utf8 => StringEncoding::UTF8,
            Encoding::Utf16 => StringEncoding::UTF16,
            Encoding::Compact => StringEncoding::CompactUTF16,
        }
    }
}

/// Binary inputs of an encoder: each module contains its world in a `component-type` section.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// Main module.
    pub main: Vec<u8>,
    /// Adapters by name.
    pub adapters: Vec<(String, Vec<u8>)>,
    /// Options.
    pub options: Options,
}

impl Inputs {
    /// Parses all texts and embeds the worlds.
    ///
    /// # Errors
    ///
    /// Returns an error if a module or world does not parse, or a world cannot be embedded.
    pub fn binaries(&self) -> anyhow::Result<Binaries> {
        let adapters = self.adapters.iter().map(|(name, source)| Ok((name.clone(), source.binary()?)));
        Ok(Binaries {
            main: self.main.binary()?,
            adapters: adapters.collect::<anyhow::Result<_>>()?,
            options: self.options,
        })
    }

    /// Returns all modules, main first.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        std::iter::once(&self.main).chain(self.adapters.iter().map(|(_, source)| source))
    }
}

impl Source {
    fn binary(&self) -> anyhow::Result<Vec<u8>> {
        let mut wasm = wat::parse_str(&self.wat)?;
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&wasm)?;
        let (resolve, world) = resolve(&self.wit, &self.world)?;
        wit_component::embed_component_metadata(&mut wasm, &resolve, world, self.encoding.into(), false)?;
        Ok(wasm)
    }
}

/// Parses a WIT text and finds the world in its first package.
///
/// # Errors
///
/// Returns an error if the text does not parse or lacks the world.
pub fn resolve(wit: &str, world: &str) -> anyhow::Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("world.wit", wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    Ok((resolve, world))
}

/// Prints the package of a world, with the packages it refers to as nested packages.
///
/// # Errors
///
/// Returns an error if the world has no package or cannot be printed.
pub fn print(resolve: &Resolve, world: WorldId) -> anyhow::Result<String> {
    let package = resolve.worlds[world].package.ok_or_else(|| anyhow::anyhow!("a world without a package"))?;
    let mut nested = vec![package];
    let mut next = 0;
    while let Some(id) = nested.get(next).copied() {
        next += 1;
        for dependency in resolve.package_direct_deps(id) {
            if !nested.contains(&dependency) {
                nested.push(dependency);
            }
        }
    }
    nested.remove(0);
    nested.sort();
    let mut printer = wit_component::WitPrinter::default();
    printer.emit_docs(false);
    printer.print(resolve, package, &nested)?;
    Ok(printer.output.to_string())
}
