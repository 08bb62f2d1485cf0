//! Standard output and error of a run, read from its calls of the host: a replay has no host that would keep them.

use std::collections::HashMap;

use super::{Boundary, End, Event, Trace};

/// Bytes of each stream that are read: a recording may claim to have written more than there is memory for.
const MOST: usize = 64 << 20;

/// The output of a run, as its calls have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// Standard output by the call of an export that it was written in, in their order.
    pub by_export: Vec<Vec<u8>>,
}

/// Where a handle writes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Stdout,
    Stderr,
}

/// Reads the output of a run from its calls of `wasi:io/streams`, `my-wasi` and `my-cli`; `None` if there is a call whose bytes
/// are not known from its arguments.
pub fn written(trace: &Trace) -> Option<Written> {
    let mut written = Written::default();
    let mut handles: HashMap<&str, Stream> = HashMap::new();
    for event in &trace.events {
        match event.boundary {
            Boundary::Export => written.by_export.push(Vec::new()),
            Boundary::Core => {}
            Boundary::Import => {
                let End::Returned(result) = &event.end else { continue };
                let result = result.as_deref().unwrap_or_default();
                let (interface, function) = split(&event.function);
                match (interface, function) {
                    ("wasi:cli/stdout", "get-stdout") => drop(handles.insert(result, Stream::Stdout)),
                    ("wasi:cli/stderr", "get-stderr") => drop(handles.insert(result, Stream::Stderr)),
                    _ => {
                        let Some((stream, bytes)) = write(event, interface, function, result, &handles)? else {
                            continue;
                        };
                        written.add(stream, &bytes)?;
                    }
                }
            }
        }
    }
    Some(written)
}

impl Written {
    fn add(&mut self, stream: Stream, bytes: &[u8]) -> Option<()> {
        let all = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        all.len().checked_add(bytes.len()).filter(|length| *length <= MOST)?;
        all.extend_from_slice(bytes);
        if let (Stream::Stdout, Some(last)) = (stream, self.by_export.last_mut()) {
            last.extend_from_slice(bytes);
        }
        Some(())
    }
}

/// What a call writes, if it does: `None` outside if that is not known.
#[allow(clippy::type_complexity, reason = "the two levels are what there is to say")]
fn write(
    event: &Event,
    interface: &str,
    function: &str,
    result: &str,
    handles: &HashMap<&str, Stream>,
) -> Option<Option<(Stream, Vec<u8>)>> {
    let argument = |index: usize| event.arguments.get(index).map(String::as_str);
    if let Some(stream) = match (interface, function) {
        ("my-wasi", "print") => Some(Stream::Stdout),
        ("my-cli", "print-error") => Some(Stream::Stderr),
        _ => None,
    } {
        let mut bytes = bytes(argument(0)?)?;
        bytes.truncate(result.parse().ok()?);
        return Some(Some((stream, bytes)));
    }
    let is_stream = interface == "wasi:io/streams" && function.starts_with("[method]output-stream.");
    let Some(stream) = argument(0).filter(|_| is_stream).and_then(|handle| handles.get(handle)).copied() else {
        return Some(None);
    };
    let succeeded = result == "ok" || result.starts_with("ok(");
    let bytes = match function.trim_start_matches("[method]output-stream.") {
        "write" | "blocking-write-and-flush" if succeeded => bytes(argument(1)?)?,
        "write-zeroes" | "blocking-write-zeroes-and-flush" if succeeded => {
            vec![0; argument(1)?.parse().ok().filter(|length| *length <= MOST)?]
        }
        // As many bytes of another stream as could be had.
        "splice" | "blocking-splice" if result != "ok(0)" => return None,
        // It may have written a part.
        "blocking-write-and-flush" | "blocking-write-zeroes-and-flush" => return None,
        _ => Vec::new(),
    };
    Some(Some((stream, bytes)))
}

/// `wasi:cli/stdout@0.2.6.get-stdout` -> interface without its version, and function.
fn split(name: &str) -> (&str, &str) {
    let (interface, rest) = match name.split_once('@') {
        // Numbers and dots, up to the dot before the function.
        Some((interface, rest)) => match rest.find(|c: char| !c.is_ascii_digit() && c != '.') {
            Some(end) => (interface, &rest[end..]),
            None => (interface, ""),
        },
        None => name.split_once('.').unwrap_or(("", name)),
    };
    (interface, rest)
}

/// A list of bytes as a trace has it: a string or numbers.
fn bytes(text: &str) -> Option<Vec<u8>> {
    if let Some(numbers) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        let numbers = numbers.split(',').map(str::trim).filter(|number| !number.is_empty());
        return numbers.map(|number| number.parse().ok()).collect();
    }
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut plain = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        plain.push(match c {
            '\\' => match rest.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let digits: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                }
                c @ ('"' | '\'' | '\\') => c,
                _ => return None,
            },
            '"' => return None,
            c => c,
        });
    }
    Some(plain.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(boundary: Boundary, function: &str, arguments: &[&str], result: &str) -> Event {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let end = End::Returned(Some(result.into()));
        Event { boundary, within: None, function: function.into(), arguments, end }
    }

    #[test]
    fn output_is_what_was_written_to_its_streams() {
        let method = |name: &str| format!("wasi:io/streams@0.2.6.[method]output-stream.{name}");
        let import = |function: &str, arguments: &[&str], result| event(Boundary::Import, function, arguments, result);
        let events = vec![
            event(Boundary::Export, "run", &[], ""),
            import("wasi:cli/stdout@0.2.6.get-stdout", &[], "output-stream#1"),
            import("wasi:cli/stderr@0.2.6.get-stderr", &[], "output-stream#2"),
            import(&method("check-write"), &["output-stream#1"], "ok(4096)"),
            import(&method("write"), &["output-stream#1", r#""a\n\u{1b}\"""#], "ok"),
            import(&method("write"), &["output-stream#3", r#""to a file""#], "ok"),
            import(&method("blocking-write-and-flush"), &["output-stream#2", "[255, 0]"], "ok"),
            event(Boundary::Export, "run", &[], ""),
            import("my-wasi.print", &[r#""xyz""#], "2"),
            import(&method("write-zeroes"), &["output-stream#1", "2"], "ok"),
        ];
        let seen = written(&Trace { events: events.clone(), dropped: 0 }).unwrap();
        assert_eq!(seen.stdout, b"a\n\x1b\"xy\0\0");
        assert_eq!(seen.stderr, [255, 0]);
        assert_eq!(seen.by_export, [b"a\n\x1b\"".to_vec(), b"xy\0\0".to_vec()]);
        for (function, arguments) in [
            ("splice", ["output-stream#1", "input-stream#1"]),
            ("write-zeroes", ["output-stream#1", "18446744073709551615"]),
            ("write", ["output-stream#1", "<70 bytes: .., sha256 1>"]),
        ] {
            let mut events = events.clone();
            events.push(import(&method(function), &arguments, "ok(70)"));
            assert_eq!(written(&Trace { events, dropped: 0 }), None, "{function}");
        }
    }
}
