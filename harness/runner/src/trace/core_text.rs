//! Readable arguments and results of calls across the core boundary: names, the contents of buffers instead of addresses,
//! and values by their types, as the description of the import module gives them.

use polyfill_abi::{Count, Display, Function, Kind, Length, Shape, Type};

use crate::core_boundary::Value;
use crate::values::{bytes_text, string_text};

/// Maximum number of values of an array that are shown.
const MOST_VALUES: u64 = 32;

/// Formats the arguments of a call. Returns `None` if they do not have the types of the function.
pub(super) fn arguments(function: &Function, values: &[Value], memory: &[u8]) -> Option<Vec<String>> {
    let call = Call::of(function, values, memory)?;
    let shown = function.parameters.iter().filter(|parameter| !matches!(parameter.shape, Shape::LengthOf(_)));
    let text = shown.map(|parameter| {
        let start = call.value(parameter.core);
        let text = match &parameter.shape {
            Shape::Value | Shape::LengthOf(_) => scalar(&parameter.ty, start),
            Shape::Memory { element, length, written, .. } => match call.length(length) {
                Some(length) if *written => room(length.saturating_mul(element.size)),
                Some(length) => call.array(element, start, length),
                None => format!("{start:#x}"),
            },
            Shape::Buffers { element, written, .. } => {
                let vectors = call.vectors(element, start, call.value(parameter.core + 1));
                match vectors {
                    None => beyond(start),
                    Some(vectors) if *written => room(vectors.iter().map(|(_, length)| length).sum()),
                    Some(vectors) => {
                        call.buffers(&vectors, u64::MAX).map_or_else(|| beyond(start), |all| bytes_text(&all))
                    }
                }
            }
        };
        format!("{}: {text}", parameter.name)
    });
    Some(text.collect())
}

/// Formats the result of a call: its error code, or its outputs and the buffers that it has filled. Returns `None` if the
/// values do not have the types of the function, and `Some(None)` if there is nothing to show.
pub(super) fn result(
    function: &Function,
    values: &[Value],
    results: &[Value],
    memory: &[u8],
) -> Option<Option<String>> {
    let call = Call::of(function, values, memory)?;
    let result = match (results, &function.results[..]) {
        ([], []) => None,
        ([value], [_]) => Some(value.bits()),
        _ => return None,
    };
    let mut texts = Vec::new();
    match (&function.error, result) {
        (Some(error), Some(code)) if code != 0 => return Some(Some(scalar(error, code))),
        (Some(error), Some(code)) => texts.push(scalar(error, code)),
        _ => {}
    }
    let mut outputs = Vec::new();
    for output in &function.outputs {
        let (value, text) = match (output.core, result) {
            (Some(at), _) => call.load(&output.ty, call.value(at)),
            (None, Some(value)) => (Some(value), scalar(&output.ty, value)),
            (None, None) => continue,
        };
        outputs.push(value);
        texts.push(format!("{}: {text}", output.name));
    }
    for parameter in &function.parameters {
        let start = call.value(parameter.core);
        let count = |filled: &Count| match filled {
            Count::Output(index) => outputs.get(*index).copied().flatten().unwrap_or_default(),
            Count::All | Count::Unreported => u64::MAX,
        };
        let text = match &parameter.shape {
            Shape::Memory { element, length, written: true, filled, .. } => match call.length(length) {
                Some(length) => call.array(element, start, length.min(count(filled))),
                None => continue,
            },
            Shape::Buffers { element, written: true, filled } => {
                let vectors = call.vectors(element, start, call.value(parameter.core + 1));
                let bytes = vectors.and_then(|vectors| call.buffers(&vectors, count(filled)));
                bytes.map_or_else(|| beyond(start), |bytes| bytes_text(&bytes))
            }
            _ => continue,
        };
        texts.push(format!("{}: {text}", parameter.name));
    }
    Some((!texts.is_empty()).then(|| texts.join(", ")))
}

/// Call with main's memory.
struct Call<'a> {
    values: &'a [Value],
    memory: &'a [u8],
}

impl<'a> Call<'a> {
    fn of(function: &Function, values: &'a [Value], memory: &'a [u8]) -> Option<Call<'a>> {
        (values.len() == function.params.len()).then_some(Call { values, memory })
    }

    fn value(&self, core: usize) -> u64 {
        self.values.get(core).map_or(0, |value| value.bits())
    }

    /// Returns the number of values in memory. `None` if the call does not contain it.
    fn length(&self, length: &Length) -> Option<u64> {
        match length {
            Length::Parameter(core) => Some(self.value(*core)),
            Length::One => Some(1),
            Length::Reported { .. } | Length::Unknown => None,
        }
    }

    /// Formats an array: bytes as text, other values in brackets, and a single value as it is.
    fn array(&self, element: &Type, start: u64, length: u64) -> String {
        let Some(bytes) = length.checked_mul(element.size).and_then(|size| self.slice(start, size)) else {
            return beyond(start);
        };
        match *element.kind {
            Kind::Char => match std::str::from_utf8(bytes) {
                Ok(text) => return string_text(text),
                Err(_) => return bytes_text(bytes),
            },
            Kind::Integer { .. } if element.size == 1 => return bytes_text(bytes),
            _ => {}
        }
        let values = bytes.chunks_exact(usize::try_from(element.size).unwrap_or(usize::MAX).max(1));
        let mut texts: Vec<String> = values.take(MOST_VALUES as usize).map(|value| stored(element, value)).collect();
        if length > MOST_VALUES {
            texts.push(format!("and {} more", length - MOST_VALUES));
        }
        format!("[{}]", texts.join(", "))
    }

    /// Reads an output from memory. Returns it as a number, if it is one, and as text.
    fn load(&self, ty: &Type, at: u64) -> (Option<u64>, String) {
        match self.slice(at, ty.size) {
            Some(bytes) => ((ty.size <= 8).then(|| number(bytes)), stored(ty, bytes)),
            None => (None, beyond(at)),
        }
    }

    /// Reads an array of address and length pairs.
    fn vectors(&self, element: &Type, start: u64, count: u64) -> Option<Vec<(u64, u64)>> {
        let (_, of, [address, length]) = element.as_buffer()?;
        let bytes = self.slice(start, count.checked_mul(element.size)?)?;
        let pairs = bytes.chunks_exact(usize::try_from(element.size).ok()?);
        let word = |pair: &[u8], offset: u64| number(&pair[offset as usize..][..4]);
        Some(pairs.map(|pair| (word(pair, address), word(pair, length).saturating_mul(of.size))).collect())
    }

    /// Returns the contents of buffers, at most `most` bytes.
    fn buffers(&self, vectors: &[(u64, u64)], mut most: u64) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        for (start, length) in vectors {
            let length = (*length).min(most);
            all.extend_from_slice(self.slice(*start, length)?);
            most -= length;
        }
        Some(all)
    }

    fn slice(&self, at: u64, length: u64) -> Option<&'a [u8]> {
        self.memory.get(usize::try_from(at).ok()?..usize::try_from(at.checked_add(length)?).ok()?)
    }
}

/// Formats a value that a core parameter or result holds.
fn scalar(ty: &Type, value: u64) -> String {
    let named = |names: &[String]| usize::try_from(value).ok().and_then(|value| names.get(value)).cloned();
    match &*ty.kind {
        Kind::Enum(names) => named(names).unwrap_or_else(|| value.to_string()),
        _ if ty.display == Display::Hex => format!("{value:#x}"),
        Kind::Flags(names) => flags(names, value),
        Kind::Integer { signed: true } => signed(value, ty.size).to_string(),
        Kind::Float if ty.size == 4 => f32::from_bits(value as u32).to_string(),
        Kind::Float => f64::from_bits(value).to_string(),
        Kind::Char => u32::try_from(value)
            .ok()
            .and_then(char::from_u32)
            .map_or_else(|| format!("{value:#x}"), |char| format!("{char:?}")),
        Kind::Pointer { .. } | Kind::List(_) => format!("{value:#x}"),
        Kind::Integer { signed: false } | Kind::Handle | Kind::Record(_) | Kind::Union { .. } => value.to_string(),
    }
}

/// Formats a value that memory holds. `bytes` has the size of the type.
fn stored(ty: &Type, bytes: &[u8]) -> String {
    let part = |at: u64, size: u64| {
        let start = usize::try_from(at).ok()?;
        bytes.get(start..start.checked_add(usize::try_from(size).ok()?)?)
    };
    match &*ty.kind {
        Kind::Record(fields) => {
            let field = |field: &polyfill_abi::Field| {
                let text = part(field.offset, field.ty.size).map(|bytes| stored(&field.ty, bytes));
                format!("{}: {}", field.name, text.unwrap_or_default())
            };
            let compared = fields.iter().filter(|field| field.ty.compared);
            format!("{{{}}}", compared.map(field).collect::<Vec<_>>().join(", "))
        }
        Kind::Union { tag, offset, cases } => {
            let tag = part(0, *tag).map_or(0, number);
            let Some(case) = usize::try_from(tag).ok().and_then(|tag| cases.get(tag)) else {
                return format!("<case {tag}>");
            };
            match &case.ty {
                Some(of) => {
                    let text = part(*offset, of.size).map(|bytes| stored(of, bytes)).unwrap_or_default();
                    format!("{} {text}", case.name)
                }
                None => case.name.clone(),
            }
        }
        Kind::List(_) => format!("<{} at {:#x}>", part(4, 4).map_or(0, number), part(0, 4).map_or(0, number)),
        _ => scalar(ty, number(bytes)),
    }
}

/// Reads a little-endian number of up to 8 bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Extends the sign of a number with a size in bytes.
fn signed(value: u64, size: u64) -> i64 {
    let unused = 64 - 8 * size.clamp(1, 8);
    (value << unused).cast_signed() >> unused
}

fn flags(names: &[String], value: u64) -> String {
    let bit =
        |bit: usize| u32::try_from(bit).ok().and_then(|bit| value.checked_shr(bit)).is_some_and(|bits| bits & 1 == 1);
    let known = names.iter().enumerate().filter(|(at, _)| bit(*at)).map(|(_, name)| name.clone());
    let mask = 1_u64.checked_shl(names.len() as u32).map_or(u64::MAX, |end| end - 1);
    let unknown = (value & !mask != 0).then(|| format!("{:#x}", value & !mask));
    format!("{{{}}}", known.chain(unknown).collect::<Vec<_>>().join(", "))
}

/// Formats the capacity in bytes of a buffer to be filled.
fn room(bytes: u64) -> String {
    format!("<room for {bytes}>")
}

fn beyond(at: u64) -> String {
    format!("<beyond memory: {at:#x}>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use Value::{I32, I64};

    fn function(name: &str) -> &'static Function {
        polyfill_abi::standard().function("wasi_snapshot_preview1", name).unwrap()
    }

    #[test]
    fn bytes_and_paths_are_shown() {
        let mut memory = vec![0; 64];
        memory[16..21].copy_from_slice(b"hello");
        memory[0..8].copy_from_slice(&[16, 0, 0, 0, 5, 0, 0, 0]);
        let write = [I32(1), I32(0), I32(1), I32(8)];
        let texts = arguments(function("fd_write"), &write, &memory);
        assert_eq!(texts.unwrap(), ["fd: 1", r#"iovs: "hello""#]);
        memory[8] = 5;
        let done = result(function("fd_write"), &write, &[I32(0)], &memory);
        assert_eq!(done.unwrap().unwrap(), "success, nwritten: 5");
        let failed = result(function("fd_write"), &write, &[I32(8)], &memory);
        assert_eq!(failed.unwrap().unwrap(), "badf");
        let read = result(function("fd_read"), &write, &[I32(0)], &memory);
        assert_eq!(read.unwrap().unwrap(), r#"success, nread: 5, iovs: "hello""#);
        let seek = [I32(3), I64(u64::MAX), I32(1), I32(40)];
        assert_eq!(arguments(function("fd_seek"), &seek, &memory).unwrap(), ["fd: 3", "offset: -1", "whence: cur"]);
        let far = arguments(function("path_unlink_file"), &[I32(3), I32(u32::MAX), I32(9)], &memory);
        assert_eq!(far.unwrap(), ["fd: 3", "path: <beyond memory: 0xffffffff>"]);
        assert_eq!(arguments(function("fd_write"), &write[..2], &memory), None);
        let path = arguments(function("path_unlink_file"), &[I32(3), I32(16), I32(4)], &memory);
        assert_eq!(path.unwrap(), ["fd: 3", r#"path: "hell""#]);
    }

    #[test]
    fn records_and_flags_are_shown_by_name() {
        let mut memory = vec![0; 64];
        (memory[0], memory[2], memory[8]) = (4, 0b10_0101, 2);
        let stat = result(function("fd_fdstat_get"), &[I32(3), I32(0)], &[I32(0)], &memory);
        assert_eq!(
            stat.unwrap().unwrap(),
            "success, stat: {fs_filetype: regular_file, fs_flags: {append, nonblock, 0x20}, fs_rights_base: 0x2, \
             fs_rights_inheriting: 0x0}"
        );
    }

    #[test]
    fn signs_are_extended() {
        assert_eq!([signed(0xff, 1), signed(0x7f, 1), signed(0xffff_fffe, 4), signed(u64::MAX, 8)], [-1, 127, -2, -1]);
    }
}
