//! What both encoders are given, as text: modules in WAT, their worlds in WIT, and the options.

use std::fmt;

use wit_component::StringEncoding;
use wit_parser::{Resolve, WorldId};

/// Everything that one component is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// The main module.
    pub main: Source,
    /// The adapters, each with the import module that it implements.
    pub adapters: Vec<(String, Source)>,
    /// The options.
    pub options: Options,
}

/// What can be asked of both encoders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What an adapter takes from main comes by `memory.grow`, whatever main offers.
    pub memory_grow: bool,
    /// Shims call through function references.
    pub return_call_ref: bool,
}

/// A core module and its world.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The module as WAT.
    pub wat: String,
    /// A package with the module's world, and the packages that it refers to nested in it.
    pub wit: String,
    /// The world in it.
    pub world: String,
    /// How strings lie in the module's memory.
    pub encoding: Encoding,
}

/// A string encoding, by its WAT name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16.
    Utf16,
    /// Latin-1, or UTF-16 where that does not do.
    Compact,
}

impl Encoding {
    /// All of them.
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

/// The binaries that go into an encoder: each module with its world in a `component-type` section.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// The main module.
    pub main: Vec<u8>,
    /// The adapters by name.
    pub adapters: Vec<(String, Vec<u8>)>,
    /// The options.
    pub options: Options,
}

impl Inputs {
    /// Parses all texts and embeds the worlds.
    pub fn binaries(&self) -> anyhow::Result<Binaries> {
        let adapters = self.adapters.iter().map(|(name, source)| Ok((name.clone(), source.binary()?)));
        Ok(Binaries {
            main: self.main.binary()?,
            adapters: adapters.collect::<anyhow::Result<_>>()?,
            options: self.options,
        })
    }

    /// All modules, main first.
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
pub fn resolve(wit: &str, world: &str) -> anyhow::Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("world.wit", wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    Ok((resolve, world))
}

/// Prints the package of a world, with the packages that it refers to nested in it.
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
