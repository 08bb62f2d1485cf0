//! Traces for people and for tools.

use std::ops::Range;

use super::{End, Event, Trace};

/// Characters of a value that people are shown at most.
const LONG: usize = 160;
/// The same, of one that is longer.
const HEAD: usize = 96;
/// Levels by which a line is indented at most.
const MOST_LEVELS: usize = 32;

/// A line for each call, indented by the calls that it was made in.
pub fn lines(trace: &Trace) -> Vec<String> {
    let mut lines = lines_in(trace, 0..trace.events.len());
    if trace.dropped > 0 {
        lines.push(format!("({} more calls)", trace.dropped));
    }
    lines
}

/// The same for some of the calls, by their places in the trace.
pub fn lines_in(trace: &Trace, range: Range<usize>) -> Vec<String> {
    let depths = trace.depths();
    let range = range.start.min(trace.events.len())..range.end.min(trace.events.len());
    let of = |index: usize| format!("{}{}", indent(depths[index]), line(&trace.events[index]));
    range.map(of).collect()
}

/// Two spaces for each level. Deep levels are a number: a line must not be longer for each call around it.
fn indent(depth: usize) -> String {
    match depth {
        0..=MOST_LEVELS => "  ".repeat(depth),
        _ => format!("{}({depth} deep) ", "  ".repeat(MOST_LEVELS)),
    }
}

/// A line of JSON for each call: [`Event`].
pub fn json_lines(trace: &Trace) -> String {
    let lines = trace.events.iter().map(|event| serde_json::to_string(event).unwrap_or_default() + "\n");
    lines.collect()
}

/// A call without its end.
pub(super) fn call(event: &Event) -> String {
    let arguments: Vec<String> = event.arguments.iter().map(|text| shortened(text)).collect();
    format!("{}({})", event.function, arguments.join(", "))
}

/// A call and its end.
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

/// A value's text, without what is in the middle of a long one.
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
    fn calls_stand_below_those_they_were_made_in() {
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
            // Of a file that somebody made up.
            event(Some(3), "d", End::Returned(None)),
        ];
        let trace = Trace { events, dropped: 2 };
        let lines = lines(&trace);
        assert_eq!(lines[..3], ["a(1) -> never", "  b(1) -> 2", "    c(1) -> exit 3"]);
        assert!(lines[3].trim_start() == "d(1)");
        assert_eq!(lines[4], "(2 more calls)");
    }

    #[test]
    fn lines_of_deep_calls_are_as_long_as_others() {
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
