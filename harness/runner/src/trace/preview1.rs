//! Readable arguments and results of preview1 calls: paths and bytes instead of addresses, names instead of numbers.
//!
//! `preview1.txt` lists parameters and results in the order of the core function's parameters. Results come last, as
//! addresses to write to.

use std::sync::LazyLock;

use crate::core_boundary::Value;
use crate::errno::errno_name;
use crate::values::{bytes_text, string_text};

/// Modules with these functions.
const MODULES: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

static FUNCTIONS: LazyLock<Vec<Function>> =
    LazyLock::new(|| include_str!("preview1.txt").lines().filter_map(read).collect());

struct Function {
    name: &'static str,
    params: Vec<Named>,
    results: Vec<Named>,
}

type Named = (&'static str, &'static str);

/// Parses a line `name(a: type, ..) -> b: type, ..`.
fn read(line: &'static str) -> Option<Function> {
    let (head, results) = line.split_once(" -> ").unwrap_or((line, ""));
    let (name, params) = head.strip_suffix(')')?.split_once('(')?;
    let list = |text: &'static str| text.split(", ").filter_map(|one| one.split_once(": ")).collect();
    Some(Function { name, params: list(params), results: list(results) })
}

/// Formats the arguments of a call. Returns `None` if it is not a preview1 function, or the arguments do not have its
/// type.
pub(super) fn arguments(module: &str, function: &str, values: &[Value], memory: &[u8]) -> Option<Vec<String>> {
    let function = find(module, function)?;
    let mut values = values.iter().copied();
    let mut texts = Vec::new();
    for (name, ty) in &function.params {
        let first = number(values.next()?);
        let text = match *ty {
            "string" => {
                let bytes = slice(memory, first, number(values.next()?));
                bytes.map_or_else(
                    || beyond(first),
                    |bytes| match std::str::from_utf8(bytes) {
                        Ok(text) => string_text(text),
                        Err(_) => bytes_text(bytes),
                    },
                )
            }
            "written" => buffers(memory, first, number(values.next()?), u64::MAX)
                .map_or_else(|| beyond(first), |bytes| bytes_text(&bytes)),
            "read" | "filled" | "used" => room(ty, memory, first, number(values.next()?)),
            ty => plain(ty, first),
        };
        texts.push(format!("{name}: {text}"));
    }
    Some(texts)
}

/// Formats the result of a call: its errno and, on success, its results.
pub(super) fn result(
    module: &str,
    function: &str,
    values: &[Value],
    results: &[Value],
    memory: &[u8],
) -> Option<Option<String>> {
    let function = find(module, function)?;
    let errno = match results {
        [] => return Some(None),
        [errno] => number(*errno),
        _ => return None,
    };
    if errno != 0 {
        let name = u32::try_from(errno).ok().and_then(errno_name);
        return Some(Some(name.map_or_else(|| format!("errno {errno}"), str::to_string)));
    }
    let taken: usize = function.params.iter().map(|(_, ty)| if is_pair(ty) { 2 } else { 1 }).sum();
    let mut text = "success".to_string();
    let mut first = None;
    for ((name, ty), at) in function.results.iter().zip(values.get(taken..)?) {
        let (value, shown) = load(ty, memory, number(*at));
        first = first.or(value);
        text.push_str(&format!(", {name}: {shown}"));
    }
    let mut at = 0;
    for (name, ty) in &function.params {
        let pair = (number(*values.get(at)?), values.get(at + 1).map_or(0, |value| number(*value)));
        at += if is_pair(ty) { 2 } else { 1 };
        let bytes = match *ty {
            "read" => buffers(memory, pair.0, pair.1, first.unwrap_or_default()),
            "filled" => slice(memory, pair.0, pair.1).map(<[u8]>::to_vec),
            "used" => slice(memory, pair.0, first.unwrap_or_default().min(pair.1)).map(<[u8]>::to_vec),
            _ => continue,
        };
        text.push_str(&format!(", {name}: {}", bytes.map_or_else(|| beyond(pair.0), |bytes| bytes_text(&bytes))));
    }
    Some(Some(text))
}

/// Returns the name of a parameter of the core function, including result pointers.
pub(crate) fn parameter(function: &str, index: usize) -> Option<&'static str> {
    let function = FUNCTIONS.iter().find(|known| known.name == function)?;
    let params =
        function.params.iter().flat_map(|(name, ty)| std::iter::repeat_n(*name, if is_pair(ty) { 2 } else { 1 }));
    params.chain(function.results.iter().map(|(name, _)| *name)).nth(index)
}

fn find(module: &str, name: &str) -> Option<&'static Function> {
    MODULES.contains(&module).then(|| FUNCTIONS.iter().find(|function| function.name == name))?
}

fn is_pair(ty: &str) -> bool {
    matches!(ty, "string" | "written" | "read" | "filled" | "used")
}

fn number(value: Value) -> u64 {
    match value {
        Value::I32(value) => value.into(),
        Value::I64(value) => value,
        Value::F32(value) => value as u64,
        Value::F64(value) => value as u64,
    }
}

fn plain(ty: &str, value: u64) -> String {
    let of = |names: &[&str]| names.get(value as usize).map_or_else(|| value.to_string(), |name| name.to_string());
    match ty {
        "s64" => value.cast_signed().to_string(),
        "hex" | "address" => format!("{value:#x}"),
        "clock" => of(&["realtime", "monotonic", "process-cputime", "thread-cputime"]),
        "whence" => of(&["set", "cur", "end"]),
        "fdflags" => flags(&["append", "dsync", "nonblock", "rsync", "sync"], value),
        "oflags" => flags(&["creat", "directory", "excl", "trunc"], value),
        "fstflags" => flags(&["atim", "atim-now", "mtim", "mtim-now"], value),
        "lookupflags" => flags(&["symlink-follow"], value),
        _ => value.to_string(),
    }
}

fn flags(names: &[&str], value: u64) -> String {
    let known = names.iter().enumerate().filter(|(bit, _)| value >> bit & 1 == 1).map(|(_, name)| name.to_string());
    let rest = value >> names.len() << names.len();
    let unknown = (rest != 0).then(|| format!("{rest:#x}"));
    format!("{{{}}}", known.chain(unknown).collect::<Vec<_>>().join(", "))
}

/// Reads a result from memory and returns it as a number and as text.
fn load(ty: &str, memory: &[u8], at: u64) -> (Option<u64>, String) {
    let bytes = |offset: u64, size: u64| {
        let bytes = slice(memory, at.saturating_add(offset), size)?;
        Some(bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
    };
    let size = match ty {
        "u16" => 2,
        "u32" => 4,
        _ => 8,
    };
    let get = |offset, size| bytes(offset, size).unwrap_or_default();
    let Some(value) = bytes(0, size) else { return (None, beyond(at)) };
    let text = match ty {
        "fdstat" => format!(
            "{{{}, flags: {}, base: {:#x}, inheriting: {:#x}}}",
            filetype(get(0, 1)),
            plain("fdflags", get(2, 2)),
            get(8, 8),
            get(16, 8)
        ),
        "filestat" => format!(
            "{{{}, nlink: {}, size: {}, atim: {}, mtim: {}, ctim: {}}}",
            filetype(get(16, 1)),
            get(24, 8),
            get(32, 8),
            get(40, 8),
            get(48, 8),
            get(56, 8)
        ),
        "prestat" => format!("{{dir, name length: {}}}", get(4, 4)),
        _ => value.to_string(),
    };
    (Some(value), text)
}

fn filetype(number: u64) -> String {
    let names = [
        "unknown",
        "block-device",
        "character-device",
        "directory",
        "regular-file",
        "dgram",
        "stream",
        "symbolic-link",
    ];
    names.get(number as usize).map_or_else(|| number.to_string(), |name| name.to_string())
}

/// Formats the capacity of a buffer to be filled.
fn room(ty: &str, memory: &[u8], at: u64, length: u64) -> String {
    let bytes = match ty {
        "read" => vectors(memory, at, length).map(|all| all.iter().map(|(_, length)| length).sum()),
        _ => Some(length),
    };
    bytes.map_or_else(|| beyond(at), |bytes| format!("<room for {bytes}>"))
}

/// Returns the contents of buffers, at most `most` bytes.
fn buffers(memory: &[u8], at: u64, count: u64, mut most: u64) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for (start, length) in vectors(memory, at, count)? {
        let length = length.min(most);
        all.extend_from_slice(slice(memory, start, length)?);
        most -= length;
    }
    Some(all)
}

/// Reads an array of address and length pairs.
fn vectors(memory: &[u8], at: u64, count: u64) -> Option<Vec<(u64, u64)>> {
    let (entries, _) = slice(memory, at, count.checked_mul(8)?)?.as_chunks::<4>();
    let numbers: Vec<u64> = entries.iter().map(|bytes| u32::from_le_bytes(*bytes).into()).collect();
    let (pairs, _) = numbers.as_chunks::<2>();
    Some(pairs.iter().map(|[start, length]| (*start, *length)).collect())
}

fn slice(memory: &[u8], at: u64, length: u64) -> Option<&[u8]> {
    memory.get(usize::try_from(at).ok()?..usize::try_from(at.checked_add(length)?).ok()?)
}

fn beyond(at: u64) -> String {
    format!("<beyond memory: {at:#x}>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use Value::{I32, I64};

    const MODULE: &str = "wasi_snapshot_preview1";

    #[test]
    fn each_function_is_described_once() {
        let names: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
        assert_eq!(names.len(), 46);
        assert!(names.is_sorted());
        assert!(names.iter().all(|name| crate::core_boundary::is_known(name)));
    }

    #[test]
    fn bytes_and_paths_are_shown() {
        let mut memory = vec![0; 64];
        memory[16..21].copy_from_slice(b"hello");
        memory[0..8].copy_from_slice(&[16, 0, 0, 0, 5, 0, 0, 0]);
        let write = [I32(1), I32(0), I32(1), I32(8)];
        let texts = arguments(MODULE, "fd_write", &write, &memory);
        assert_eq!(texts.unwrap(), ["fd: 1", r#"iovs: "hello""#]);
        memory[8] = 5;
        let done = result(MODULE, "fd_write", &write, &[I32(0)], &memory);
        assert_eq!(done.unwrap().unwrap(), "success, nwritten: 5");
        let failed = result(MODULE, "fd_write", &write, &[I32(8)], &memory);
        assert_eq!(failed.unwrap().unwrap(), "badf");
        let read = result(MODULE, "fd_read", &write, &[I32(0)], &memory);
        assert_eq!(read.unwrap().unwrap(), r#"success, nread: 5, iovs: "hello""#);
        let seek = [I32(3), I64(u64::MAX), I32(1), I32(40)];
        assert_eq!(arguments(MODULE, "fd_seek", &seek, &memory).unwrap(), ["fd: 3", "offset: -1", "whence: cur"]);
        let far = arguments(MODULE, "path_unlink_file", &[I32(3), I32(u32::MAX), I32(9)], &memory);
        assert_eq!(far.unwrap(), ["fd: 3", "path: <beyond memory: 0xffffffff>"]);
        assert_eq!(arguments(MODULE, "fd_write", &write[..2], &memory), None);
        assert_eq!(arguments("env", "fd_write", &write, &memory), None);
    }
}
