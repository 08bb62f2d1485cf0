//! Text and JSON formats of traces.

use std::ops::Range;

use super::{End, Event, Trace};

/// Maximum length in bytes of a value in text output.
const LONG: usize = 160;
/// Number of bytes shown from the start of a longer value.
const HEAD: usize = 96;
/// Maximum number of indentation levels.
const MOST_LEVELS: usize = 32;

/// Formats a trace with one line per call, indented by nesting depth.
pub fn lines(trace: &Trace) -> Vec<String> {
    let mut lines = lines_in(trace, 0..trace.events.len());
    if trace.dropped > 0 {
        lines.push(format!("({} more calls)", trace.dropped));
    }
    lines
}

/// Formats the calls in a range of indices, as [`lines`] does.
pub fn lines_in(trace: &Trace, range: Range<usize>) -> Vec<String> {
    let depths = trace.depths();
    let range = range.start.min(trace.events.len())..range.end.min(trace.events.len());
    let of = |index: usize| format!("{}{}", indent(depths[index]), line(&trace.events[index]));
    range.map(of).collect()
}

/// Returns two spaces per level. Deeper levels are shown as a number, so that the length of lines is bounded.
fn indent(depth: usize) -> String {
    match depth {
        0..=MOST_LEVELS => "  ".repeat(depth),
        _ => format!("{}({depth} deep) ", "  ".repeat(MOST_LEVELS)),
    }
}

/// Formats a trace with one line of JSON per call ([`Event`]).
pub fn json_lines(trace: &Trace) -> String {
    let lines = trace.events.iter().map(|event| serde_json::to_string(event).unwrap_or_default() + "\n");
    lines.collect()
}

/// Formats a call without its end.
pub(super) fn call(event: &Event) -> String {
    let arguments: Vec<String> = event.arguments.iter().map(|text| shortened(text)).collect();
    format!("{}({})", event.function, arguments.join(", "))
}

/// Formats a call with its end.
pub(crate) fn line(event: &Event) -> String {
    let call = call(event);
    match &event.end {
        End::Returned(None) => call,
        End::Returned(Some(result)) => format!("{call} -> {}", shortened(result)),
        End::Exit(code) => format!("{call} -> exit {code}"),
        End::Failed(message) => format!("{call} -> failed: {message}"),
        End::Never => format!("{call} -> never"),
    }
}

/// Shortens a long value by omitting its middle.
pub fn shortened(text: &str) -> String {
    if text.len() <= LONG {
        return text.to_string();
    }
    let head = text.floor_char_boundary(HEAD);
    let tail = text.ceil_char_boundary(text.len() - (LONG - HEAD) / 2);
    format!("{}..({} more)..{}", &text[..head], tail - head, &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::super::{Boundary, End, Event, Trace};
    use super::{lines, shortened};

    #[test]
    fn nested_calls_are_indented() {
        let event = |within, function: &str, end| Event {
            boundary: Boundary::Import,
            within,
            function: function.into(),
            arguments: vec!["1".into()],
            end,
        };
        let events = vec![
            event(None, "a", End::Never),
            event(Some(0), "b", End::Returned(Some("2".into()))),
            event(Some(1), "c", End::Exit(3)),
            // Invalid index, as in a manipulated file.
            event(Some(3), "d", End::Returned(None)),
        ];
        let trace = Trace { events, dropped: 2 };
        let lines = lines(&trace);
        assert_eq!(lines[..3], ["a(1) -> never", "  b(1) -> 2", "    c(1) -> exit 3"]);
        assert!(lines[3].trim_start() == "d(1)");
        assert_eq!(lines[4], "(2 more calls)");
    }

    #[test]
    fn indentation_is_bounded() {
        let event = |within| Event {
            boundary: Boundary::Import,
            within,
            function: "f".into(),
            arguments: Vec::new(),
            end: End::Never,
        };
        let events = (0..16_000_usize).map(|index| event(index.checked_sub(1))).collect();
        let lines = lines(&Trace { events, dropped: 0 });
        assert_eq!(lines[32], format!("{}f() -> never", "  ".repeat(32)));
        assert_eq!(lines[15_999], format!("{}(15999 deep) f() -> never", "  ".repeat(32)));
        assert!(lines.iter().map(String::len).sum::<usize>() < 16_000 * 100);
    }

    #[test]
    fn long_values_keep_both_ends() {
        let text = format!("\"{}ü\"", "x".repeat(1000));
        let short = shortened(&text);
        assert!(short.len() < 200 && short.starts_with("\"xxx") && short.ends_with("ü\""), "{short}");
        assert_eq!(shortened("short"), "short");
    }
}
