//! Extracts standard output and error from the recorded host calls, because a replay has no host that collects them.

use std::collections::HashMap;

use super::{Boundary, End, Event, Trace};

/// Maximum number of bytes read per stream. A recording may claim to have written more than fits into memory.
const MOST: usize = 64 << 20;

/// Output of a run according to its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// Standard output by call of an export, in order.
    pub by_export: Vec<Vec<u8>>,
}

/// Standard stream that a handle writes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Stdout,
    Stderr,
}

/// Extracts the output of a run from its calls of `wasi:io/streams`, `my-wasi` and `my-cli`. Returns `None` if the
/// written bytes of a call cannot be determined from its arguments.
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

/// Returns the bytes written by a call: `Some(None)` if it writes no output, `None` if the bytes are unknown.
#[allow(clippy::type_complexity, reason = "the outer level means unknown, the inner one no output")]
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
        // Copies an unknown number of bytes from another stream.
        "splice" | "blocking-splice" if result != "ok(0)" => return None,
        // A failed write may have written a part.
        "blocking-write-and-flush" | "blocking-write-zeroes-and-flush" => return None,
        _ => Vec::new(),
    };
    Some(Some((stream, bytes)))
}

/// Splits `wasi:cli/stdout@0.2.6.get-stdout` into the interface without its version, and the function.
fn split(name: &str) -> (&str, &str) {
    let (interface, rest) = match name.split_once('@') {
        // The version consists of digits and dots and ends before the dot that precedes the function.
        Some((interface, rest)) => match rest.find(|c: char| !c.is_ascii_digit() && c != '.') {
            Some(end) => (interface, &rest[end..]),
            None => (interface, ""),
        },
        None => name.split_once('.').unwrap_or(("", name)),
    };
    (interface, rest)
}

/// Parses a list of bytes as recorded in a trace: a string or numbers.
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
    fn output_is_extracted_from_stream_writes() {
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
        let output = written(&Trace { events: events.clone(), dropped: 0 }).unwrap();
        assert_eq!(output.stdout, b"a\n\x1b\"xy\0\0");
        assert_eq!(output.stderr, [255, 0]);
        assert_eq!(output.by_export, [b"a\n\x1b\"".to_vec(), b"xy\0\0".to_vec()]);
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
