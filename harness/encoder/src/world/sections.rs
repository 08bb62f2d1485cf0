//! Components in a `component-type` section: several if a linker has concatenated sections of the same name.

use std::ops::Range;

use wasmparser::BinaryReader;

/// Magic number of components and modules.
const MAGIC: &[u8] = b"\0asm";
/// Length in bytes of the magic number, the version and the layer.
const PREAMBLE: usize = 8;
/// Supported version of the component format.
const VERSION: u16 = 0x0d;

/// Remedy for a section in an outdated or unknown format.
pub(super) const EMBED: &str =
    "\n  help: embed the WIT again with a current bindings generator or with `wasm-tools component embed`";

/// Remedy for a truncated section.
pub(super) const CUT: &str = "\n  help: rebuild the module: a tool has truncated the file or the section";

/// Splits a section into its components.
///
/// The magic number cannot be confused with a section: it would be a custom section of 97 bytes whose name has 115
/// bytes, which is longer than the section.
///
/// # Errors
///
/// Returns a message if the section is empty, truncated or not a sequence of components.
pub(super) fn components(bytes: &[u8]) -> Result<Vec<Range<usize>>, String> {
    if bytes.is_empty() {
        return Err(format!("it is empty{EMBED}"));
    }
    let mut starts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(MAGIC) {
            starts.push(at);
            preamble(rest)?;
            at += PREAMBLE;
            continue;
        }
        if at == 0 {
            return Err(format!("it does not contain a component: it begins with {}{EMBED}", shown(rest)));
        }
        let Some(end) = section(rest) else {
            return Err(format!("it ends within a section header, at offset {at:#x}{CUT}"));
        };
        if end > rest.len() {
            let (wanted, found) = (end, rest.len());
            return Err(format!("it is truncated: the part at offset {at:#x} has {wanted} bytes, found {found}{CUT}"));
        }
        at += end;
    }
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    Ok(starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect())
}

/// Checks the preamble of a component.
fn preamble(bytes: &[u8]) -> Result<(), String> {
    let Some(&[_, _, _, _, v0, v1, l0, l1]) = bytes.first_chunk::<PREAMBLE>() else {
        return Err(format!("it ends within a component header{CUT}"));
    };
    let (version, layer) = (u16::from_le_bytes([v0, v1]), u16::from_le_bytes([l0, l1]));
    match (layer, version) {
        (1, VERSION) => Ok(()),
        (0, _) => Err(format!("it contains a core module, expected a component{EMBED}")),
        (1, _) => {
            Err(format!("it uses version {version:#x} of the component format, expected version {VERSION:#x}{EMBED}"))
        }
        _ => Err(format!("it contains a binary of unknown kind {layer:#x}, expected a component{EMBED}")),
    }
}

/// Returns the end of the section at the start of `bytes`, which may exceed their length.
fn section(bytes: &[u8]) -> Option<usize> {
    let mut reader = BinaryReader::new(bytes, 0);
    reader.read_u8().ok()?;
    let size = reader.read_var_u32().ok()?;
    Some(reader.current_position() + size as usize)
}

/// Formats the first bytes for a message.
fn shown(bytes: &[u8]) -> String {
    let first = &bytes[..bytes.len().min(8)];
    let text = first.iter().all(|byte| (b' '..=b'~').contains(byte) && *byte != b'`');
    match (text, std::str::from_utf8(first)) {
        (true, Ok(text)) => format!("`{text}`"),
        _ => format!("the bytes {}", first.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use wit_component::{StringEncoding, metadata};
    use wit_parser::Resolve;

    use super::components;

    fn encoded(text: &str) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("world.wit", text).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        metadata::encode(&resolve, world, StringEncoding::UTF8, None, false).unwrap()
    }

    #[test]
    fn concatenated_sections_are_split_at_their_boundaries() {
        let [one, two] = ["package a:a; world w { import f: func(); }", "package b:b; world v { export g: func(); }"];
        let (one, two) = (encoded(one), encoded(two));
        let joined = [one.as_slice(), &two, &one].concat();
        let seam = one.len() + two.len();
        assert_eq!(components(&one), Ok(Vec::from([Range { start: 0, end: one.len() }])));
        assert_eq!(components(&joined), Ok(vec![0..one.len(), one.len()..seam, seam..joined.len()]));
    }

    #[test]
    fn truncated_sections_are_rejected_unless_cut_at_a_section_boundary() {
        let whole = encoded("package a:a; world w { import f: func(); }");
        for length in 0..whole.len() {
            match components(&whole[..length]) {
                Ok(found) => assert_eq!(found, [Range { start: 0, end: length }]),
                Err(message) => assert!(message.contains("help: "), "{message}"),
            }
        }
    }
}
