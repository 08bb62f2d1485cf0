//! Worlds that a module declares in `component-type` sections.

use std::fmt;
use std::ops::Range;

use wasmparser::{
    BinaryReader, ComponentExternalKind, ComponentType, ComponentTypeDeclaration, Encoding, Parser, Payload,
};

use crate::error::Error;
use crate::input::Wit;
use crate::read::Module;

use super::{component_type, sections};

/// Contents of a `component-type` section.
#[derive(Clone, Debug)]
pub(crate) struct Decoded {
    /// World of the module.
    pub wit: Wit,
    /// Encoding of its strings in the module's memory.
    pub encoding: StringEncoding,
}

/// String encoding of the Canonical ABI, see
/// <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StringEncoding {
    /// UTF-8.
    Utf8,
    /// UTF-16.
    Utf16,
    /// Latin-1 or UTF-16, selected by the high bit of the length.
    CompactUtf16,
}

impl fmt::Display for StringEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StringEncoding::Utf8 => "utf8",
            StringEncoding::Utf16 => "utf16",
            StringEncoding::CompactUtf16 => "latin1+utf16",
        })
    }
}

/// Decodes the worlds in a module's `component-type` sections.
///
/// # Errors
///
/// Returns [`Error::Metadata`] for the first malformed section.
pub(crate) fn decode(module: &Module<'_>) -> Result<Vec<Decoded>, Error> {
    let mut worlds = Vec::new();
    for range in &module.metadata {
        let bytes = &module.bytes[range.clone()];
        let error = |at: usize, message: String| {
            let offset = range.start + at;
            Error::Metadata { module: module.name.clone(), offset, message }
        };
        // Concatenated sections are handled like separate ones.
        for part in sections::components(bytes).map_err(|message| error(0, message))? {
            worlds.push(section(&bytes[part.clone()]).map_err(|message| error(part.start, message))?);
        }
    }
    Ok(worlds)
}

/// Decodes a single component.
fn section(bytes: &[u8]) -> Result<Decoded, String> {
    let Facts { encoding, world } = facts(bytes)?;
    let decoded = match world.and_then(|mut ty| component_type::decode(&mut ty)) {
        Some(decoded) => decoded,
        None => {
            check_shape(bytes).map_err(|error| error.to_string())??;
            let decoded = wit_parser::decoding::decode_world(bytes);
            // Some messages of `wit-parser` list bytes, one per line.
            decoded.map_err(|e| format!("{e:#}").split_whitespace().collect::<Vec<_>>().join(" "))?
        }
    };
    let (resolve, world) = decoded;
    Ok(Decoded { wit: Wit { resolve, world }, encoding })
}

/// Outermost contents of a section.
struct Facts<'a> {
    encoding: StringEncoding,
    /// Reader of the only type, if it is exported and the section contains nothing else.
    world: Option<BinaryReader<'a>>,
}

/// Reads the outermost level of a section.
fn facts(bytes: &[u8]) -> Result<Facts<'_>, String> {
    let mut depth = 0;
    let mut encoding = None;
    let (mut types, mut exports, mut usual) = (Vec::new(), 0, true);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(|e| e.to_string())? {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                return Err("it contains a core module, expected a component".into());
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                usual = false;
                depth += 1;
            }
            Payload::End(_) if depth > 0 => depth -= 1,
            Payload::CustomSection(section) if depth == 0 && section.name() == "wit-component-encoding" => {
                encoding = Some(string_encoding(section.data())?);
            }
            Payload::ComponentTypeSection(section) if depth == 0 => types.push(section),
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export.map_err(|e| e.to_string())?;
                    exports += 1;
                    usual &= export.kind == ComponentExternalKind::Type && export.index == 0 && export.ty.is_none();
                }
            }
            Payload::Version { .. } | Payload::CustomSection(_) | Payload::End(_) => {}
            _ => usual = false,
        }
    }
    let encoding = encoding.ok_or_else(|| format!("it does not declare a string encoding{}", sections::EMBED))?;
    if exports == 0 {
        return Err(format!("it ends before the export of its world{}", sections::CUT));
    }
    let world = match types.as_slice() {
        [types] if usual && exports == 1 && types.count() == 1 => {
            let Range { start, end } = types.range();
            let mut reader = BinaryReader::new(&bytes[start as usize..end as usize], start);
            // Skips the number of types.
            reader.read_var_u32().ok().map(|_| reader)
        }
        _ => None,
    };
    Ok(Facts { encoding, world })
}

/// Checks that the section consists of the type of a world and its export, which `wit-parser` assumes.
fn check_shape(bytes: &[u8]) -> wasmparser::Result<Result<(), String>> {
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            Payload::ComponentTypeSection(section) if depth == 0 => {
                for ty in section {
                    let ComponentType::Component(declarations) = ty? else { continue };
                    let imports = declarations.iter().filter(|d| matches!(d, ComponentTypeDeclaration::Import(_)));
                    let exports = declarations.iter().filter(|d| matches!(d, ComponentTypeDeclaration::Export { .. }));
                    if imports.count() > 0 || exports.count() != 1 {
                        return Ok(Err("its type is not a single world".into()));
                    }
                }
            }
            Payload::ComponentImportSection(_)
            | Payload::ComponentAliasSection(_)
            | Payload::ComponentInstanceSection(_)
                if depth == 0 =>
            {
                return Ok(Err("it contains more than the type of a world".into()));
            }
            _ => {}
        }
    }
    Ok(Ok(()))
}

/// Decodes the contents of the `wit-component-encoding` section.
fn string_encoding(data: &[u8]) -> Result<StringEncoding, String> {
    match data {
        [4, 0] => Ok(StringEncoding::Utf8),
        [4, 1] => Ok(StringEncoding::Utf16),
        [4, 2] => Ok(StringEncoding::CompactUtf16),
        [4, other] => Err(format!("unknown string encoding {other}")),
        [version, _] => {
            Err(format!("it uses version {version} of the metadata format, expected version 4{}", sections::EMBED))
        }
        other => Err(format!("its string encoding has {} bytes, expected 2", other.len())),
    }
}

#[cfg(test)]
mod tests {
    use wit_component::{StringEncoding, metadata};
    use wit_parser::decoding::decode_world;
    use wit_parser::{PackageId, Resolve};

    use super::*;

    /// Both decoders must produce the same items in the same order with the same IDs.
    fn same(bytes: &[u8]) {
        let mut ty = facts(bytes).unwrap().world.expect("a single type");
        let (quick, world) = component_type::decode(&mut ty).expect("a supported type");
        let (library, expected) = decode_world(bytes).unwrap();
        assert_eq!(world.index(), expected.index());
        assert_eq!(items(quick), items(library));
    }

    /// Formats all items. Packages are sorted, because their order is not significant.
    fn items(mut resolve: Resolve) -> Vec<String> {
        let mut packages: Vec<_> = resolve.packages.iter().map(|(_, package)| format!("{package:#?}")).collect();
        packages.sort();
        let name = |resolve: &Resolve, package: &mut Option<PackageId>| {
            package.take().map(|package| resolve.packages[package].name.to_string())
        };
        let mut items = packages;
        for mut world in std::mem::take(&mut resolve.worlds).into_iter().map(|(_, world)| world) {
            items.push(format!("{:?} {world:#?}", name(&resolve, &mut world.package)));
        }
        for mut interface in std::mem::take(&mut resolve.interfaces).into_iter().map(|(_, interface)| interface) {
            items.push(format!("{:?} {interface:#?}", name(&resolve, &mut interface.package)));
        }
        items.extend(resolve.types.iter().map(|(_, ty)| format!("{ty:#?}")));
        items
    }

    #[test]
    fn published_adapters_decode_like_wit_parser() {
        use wasi_preview1_component_adapter_provider::*;
        for adapter in [
            WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
            WASI_SNAPSHOT_PREVIEW1_PROXY_ADAPTER,
            WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        ] {
            let module = crate::read::read("adapter", adapter).unwrap();
            same(&module.bytes[module.metadata[0].clone()]);
        }
    }

    fn encoded(text: &str) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("world.wit", text).unwrap();
        let world = resolve.select_world(&[package], Some("w")).unwrap();
        metadata::encode(&resolve, world, StringEncoding::UTF8, None, false).unwrap()
    }

    #[test]
    fn every_kind_of_type_decodes_like_wit_parser() {
        same(&encoded(
            "package a:b@1.2.3;
            interface types {
                record point { x: s32, y: option<f64> }
                variant shape { none, dot(point), many(list<point>) }
                enum color { red, green }
                flags rights { read, write }
                type points = list<point>;
                type again = points;
                resource thing {
                    constructor(start: u8);
                    read: func() -> result<list<u8>, string>;
                    join: static func(one: own<thing>, other: borrow<thing>) -> thing;
                }
                all: func(a: tuple<u8, char>, b: shape, c: result, d: result<_, color>) -> points;
                wait: async func(of: rights) -> again;
            }
            interface users {
                use types.{thing, color as paint, points};
                give: func(t: thing, p: paint) -> list<points>;
                see: func(t: borrow<thing>) -> list<list<u8>>;
            }
            world w {
                use types.{point};
                import users;
                import inline: interface { use types.{shape}; one: func(s: shape); type n = u32; two: func() -> n; }
                import bare: func(p: point) -> list<point>;
                resource own-thing { go: func(); }
                export run: func() -> result<string, string>;
                export inline-out: interface { record r { a: bool } f: func(r: r) -> r; }
            }",
        ));
    }

    /// Types that are left to `wit-parser`.
    #[test]
    fn unsupported_types_are_left_to_wit_parser() {
        for text in [
            "package a:b; interface i { f: func(); } world w { import i; export i; }",
            "package a:b; world w { import f: func() -> stream<u8>; }",
        ] {
            let bytes = encoded(text);
            assert!(component_type::decode(&mut facts(&bytes).unwrap().world.unwrap()).is_none(), "{text}");
            assert!(section(&bytes).is_ok(), "{text}");
        }
    }
}
