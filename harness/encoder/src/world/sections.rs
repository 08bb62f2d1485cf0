//! The components in a `component-type` section: one, or several where a linker has joined sections of one name.

use std::ops::Range;

use wasmparser::BinaryReader;

/// The first bytes of every component and module.
const MAGIC: &[u8] = b"\0asm";
/// The magic number, and the numbers of version and layer.
const PREAMBLE: usize = 8;
/// The version of the component format that is understood here.
const VERSION: u16 = 0x0d;

/// The remedy for a section that is not what bindings generators write today.
pub(super) const EMBED: &str =
    "\n  help: embed the WIT anew, with a current bindings generator or with `wasm-tools component embed`";

/// The remedy for a section that is not complete.
pub(super) const CUT: &str = "\n  help: build the module again: a tool has shortened the file or the section";

/// The components, one after the other, or the reason why the bytes cannot be such.
///
/// No section begins as a component does: a custom section of 97 bytes, the first byte of whose name's length is 115, is
/// too short for its name.
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
            return Err(format!("it holds no component: it begins with {}{EMBED}", shown(rest)));
        }
        let Some(end) = section(rest) else {
            return Err(format!("it ends within the header of a section, at byte {at:#x} of it{CUT}"));
        };
        if end > rest.len() {
            let (wanted, found) = (end, rest.len());
            return Err(format!(
                "it is cut off: the part at byte {at:#x} of it takes {wanted} bytes, and {found} are there{CUT}"
            ));
        }
        at += end;
    }
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    Ok(starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect())
}

/// Whether a component begins as the ones do that are understood.
fn preamble(bytes: &[u8]) -> Result<(), String> {
    let Some(&[_, _, _, _, v0, v1, l0, l1]) = bytes.first_chunk::<PREAMBLE>() else {
        return Err(format!("it ends within the header of a component{CUT}"));
    };
    let (version, layer) = (u16::from_le_bytes([v0, v1]), u16::from_le_bytes([l0, l1]));
    match (layer, version) {
        (1, VERSION) => Ok(()),
        (0, _) => Err(format!("it holds a core module, expected the type of a world as a component{EMBED}")),
        (1, _) => Err(format!(
            "it is written in version {version:#x} of the component format, expected version {VERSION:#x}{EMBED}"
        )),
        _ => Err(format!("it holds a binary of the unknown kind {layer:#x}, expected a component{EMBED}")),
    }
}

/// The end of the section at the beginning of some bytes, which may lie behind theirs.
fn section(bytes: &[u8]) -> Option<usize> {
    let mut reader = BinaryReader::new(bytes, 0);
    reader.read_u8().ok()?;
    let size = reader.read_var_u32().ok()?;
    Some(reader.current_position() + size as usize)
}

/// The first bytes of something.
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
    fn joined_sections_are_taken_apart_at_their_seams() {
        let [one, two] = ["package a:a; world w { import f: func(); }", "package b:b; world v { export g: func(); }"];
        let (one, two) = (encoded(one), encoded(two));
        let joined = [one.as_slice(), &two, &one].concat();
        let seam = one.len() + two.len();
        assert_eq!(components(&one), Ok(Vec::from([Range { start: 0, end: one.len() }])));
        assert_eq!(components(&joined), Ok(vec![0..one.len(), one.len()..seam, seam..joined.len()]));
    }

    #[test]
    fn every_shorter_piece_is_refused_or_has_whole_sections() {
        let whole = encoded("package a:a; world w { import f: func(); }");
        for length in 0..whole.len() {
            match components(&whole[..length]) {
                Ok(found) => assert_eq!(found, [Range { start: 0, end: length }]),
                Err(message) => assert!(message.contains("help: "), "{message}"),
            }
        }
    }
}
