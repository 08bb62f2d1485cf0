//! Calls of the adapter by the guest, and their comparable parts.

use polyfill_encoder::versions;
use polyfill_runner::{Boundary, End, Event, Trace};

/// Import module through which adapters call main. Its functions are not calls by the guest.
const MAIN: &str = "__main_module__.";
/// Fields that differ in every run: times of files and clocks.
const TIMES: [&str; 5] = ["time: ", "atim: ", "mtim: ", "ctim: ", "nevents: "];

/// A call by the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CoreCall {
    /// Index of the event in the trace.
    pub(super) place: usize,
    /// Function name without its module.
    pub(super) function: String,
    /// Function name with arguments.
    pub(super) call: String,
    /// Result. `None` if the call never returned.
    pub(super) result: Option<String>,
}

impl CoreCall {
    fn of(place: usize, event: &Event) -> CoreCall {
        let function = plain(&event.function).to_string();
        let call = without_times(&format!("{function}({})", event.arguments.join(", ")));
        let result = match &event.end {
            End::Returned(text) => {
                let text = text.as_deref().unwrap_or_default();
                // Directory entries contain inode numbers.
                let text = if function == "fd_readdir" { without(text, ", buf: ") } else { text };
                Some(without_times(text))
            }
            _ => None,
        };
        CoreCall { place, function, call, result }
    }

    /// Returns the name of the errno or `success`. `None` if the call never returned or has no errno.
    pub(super) fn errno(&self) -> Option<&str> {
        let result = self.result.as_deref()?;
        result.split(',').next().filter(|word| !word.is_empty())
    }

    /// Returns true if both calls are equal and returned the same.
    pub(super) fn is_like(&self, other: &CoreCall) -> bool {
        self.call == other.call && self.result == other.result
    }
}

/// Returns the guest's calls of its adapter in order.
pub(super) fn core_calls(trace: &Trace) -> Vec<CoreCall> {
    let calls = trace.events.iter().enumerate().filter(|(_, event)| is_core(event));
    calls
        .filter(|(place, _)| core_of(trace, *place) == Some(*place))
        .map(|(place, event)| CoreCall::of(place, event))
        .collect()
}

/// Returns the index of the guest's call in which an event occurred; the event's own index if it is such a call.
pub(super) fn core_of(trace: &Trace, place: usize) -> Option<usize> {
    let mut found = None;
    let mut next = Some(place);
    while let Some((place, event)) = next.and_then(|place| Some((place, trace.events.get(place)?))) {
        found = if is_core(event) { Some(place) } else { found };
        next = event.within.filter(|outer| *outer < place);
    }
    found
}

/// Removes the version of the package from a host function, because adapters differ in it.
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
    fn events_belong_to_the_enclosing_call() {
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
    fn versions_are_removed() {
        assert_eq!(unversioned("wasi:io/streams@0.2.12.[method]a.b"), "wasi:io/streams.[method]a.b");
        assert_eq!(unversioned("wasi:cli/stdin@0.2.12.get-stdin"), "wasi:cli/stdin.get-stdin");
        assert_eq!(unversioned("my-wasi.print"), "my-wasi.print");
    }
}
