//! A run's calls of its adapter: those that the guest made, and what can be compared of them.

use polyfill_encoder::versions;
use polyfill_runner::{Boundary, End, Event, Trace};

/// The import module by which adapters reach main: its functions are main's own doing.
const MAIN: &str = "__main_module__.";
/// What is another one in each run: times of files and clocks.
const TIMES: [&str; 5] = ["time: ", "atim: ", "mtim: ", "ctim: ", "nevents: "];

/// A call of the guest's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CoreCall {
    /// Its place in the trace.
    pub(super) place: usize,
    /// The function, without its module.
    pub(super) function: String,
    /// The same with arguments.
    pub(super) call: String,
    /// What it gave; none if it never returned.
    pub(super) result: Option<String>,
}

impl CoreCall {
    fn of(place: usize, event: &Event) -> CoreCall {
        let function = plain(&event.function).to_string();
        let call = without_times(&format!("{function}({})", event.arguments.join(", ")));
        let result = match &event.end {
            End::Returned(text) => {
                let text = text.as_deref().unwrap_or_default();
                // Entries have the file system's own numbers in them.
                let text = if function == "fd_readdir" { without(text, ", buf: ") } else { text };
                Some(without_times(text))
            }
            _ => None,
        };
        CoreCall { place, function, call, result }
    }

    /// The name of its errno, or `success`; nothing of a call that never returned, or that has none.
    pub(super) fn errno(&self) -> Option<&str> {
        let result = self.result.as_deref()?;
        result.split(',').next().filter(|word| !word.is_empty())
    }

    /// Whether both were made and came to the same.
    pub(super) fn is_like(&self, other: &CoreCall) -> bool {
        self.call == other.call && self.result == other.result
    }
}

/// The calls that the guest made of its adapter, in order.
pub(super) fn core_calls(trace: &Trace) -> Vec<CoreCall> {
    let calls = trace.events.iter().enumerate().filter(|(_, event)| is_core(event));
    calls
        .filter(|(place, _)| core_of(trace, *place) == Some(*place))
        .map(|(place, event)| CoreCall::of(place, event))
        .collect()
}

/// The guest's call that something happened in, by its place; itself, if it is one.
pub(super) fn core_of(trace: &Trace, place: usize) -> Option<usize> {
    let mut found = None;
    let mut next = Some(place);
    while let Some((place, event)) = next.and_then(|place| Some((place, trace.events.get(place)?))) {
        found = if is_core(event) { Some(place) } else { found };
        next = event.within.filter(|outer| *outer < place);
    }
    found
}

/// A host's function without the version of its package, in which adapters differ.
pub(super) fn unversioned(function: &str) -> String {
    versions::split_item(function).map_or(function.to_string(), |(interface, _, rest)| format!("{interface}{rest}"))
}

fn is_core(event: &Event) -> bool {
    event.boundary == Boundary::Core && !event.function.starts_with(MAIN)
}

fn plain(function: &str) -> &str {
    function.split_once('.').map_or(function, |(_, name)| name)
}

fn without<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or(text, |(head, _)| head)
}

fn without_times(text: &str) -> String {
    TIMES.iter().fold(text.to_string(), |text, key| {
        let mut parts = text.split(key);
        let first = parts.next().unwrap_or_default().to_string();
        parts.fold(first, |text, part| format!("{text}{key}*{}", part.trim_start_matches(|c: char| c.is_ascii_digit())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(boundary: Boundary, within: Option<usize>, function: &str, result: &str) -> Event {
        let end = End::Returned(Some(result.into()));
        Event { boundary, within, function: function.into(), arguments: vec!["fd: 1".into()], end }
    }

    #[test]
    fn what_happens_in_a_call_is_its_own() {
        let events = vec![
            event(Boundary::Export, None, "run", "ok"),
            event(Boundary::Core, Some(0), "wasi_snapshot_preview1.fd_write", "io"),
            event(Boundary::Core, Some(1), "__main_module__.cabi_realloc", "8"),
            event(Boundary::Import, Some(1), "a:b/c@0.2.12.[method]d.e", "ok"),
            event(Boundary::Core, Some(0), "wasi_snapshot_preview1.clock_time_get", "success, time: 12"),
        ];
        let trace = Trace { events, dropped: 0 };
        let calls = core_calls(&trace);
        assert_eq!(calls.iter().map(|call| call.place).collect::<Vec<_>>(), [1, 4]);
        assert_eq!((calls[0].errno(), calls[1].errno()), (Some("io"), Some("success")));
        assert_eq!(calls[1].result.as_deref(), Some("success, time: *"));
        assert_eq!([2, 3, 0].map(|place| core_of(&trace, place)), [Some(1), Some(1), None]);
    }

    #[test]
    fn versions_are_left_out() {
        assert_eq!(unversioned("wasi:io/streams@0.2.12.[method]a.b"), "wasi:io/streams.[method]a.b");
        assert_eq!(unversioned("wasi:cli/stdin@0.2.12.get-stdin"), "wasi:cli/stdin.get-stdin");
        assert_eq!(unversioned("my-wasi.print"), "my-wasi.print");
    }
}
