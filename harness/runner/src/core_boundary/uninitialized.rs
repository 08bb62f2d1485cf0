//! Compares the outputs of two runs that differ only in the contents of uninitialized memory.
//!
//! Bytes that hold the pattern of their run in both runs were not written by the call that reports them as output. Any
//! other difference depends on such bytes.

use std::ops::Range;
use std::sync::Arc;

use super::changes::Call;
use super::fills::{PATTERNS, filler};
use super::places::{Place, number};
use crate::violation::{Violation, ViolationKind};

/// Maximum number of kept bytes of all calls, and of calls.
const MOST_BYTES: usize = 16 << 20;
const MOST_CALLS: usize = 20_000;
/// Maximum number of reported violations.
const MOST: usize = 4;

/// Outputs of all calls of a run.
#[derive(Debug, Default, PartialEq)]
pub struct AllGiven {
    calls: Vec<Given>,
    bytes: usize,
}

/// Outputs of one call.
#[derive(Debug, PartialEq)]
pub(super) struct Given {
    number: u64,
    depth: usize,
    function: String,
    /// Text of the call with arguments and result.
    call: String,
    gifts: Vec<Gift>,
}

/// One result or buffer.
#[derive(Debug, PartialEq)]
struct Gift {
    name: String,
    start: u64,
    is_buffer: bool,
    /// Contents, see [`without_padding`].
    bytes: Vec<u8>,
}

impl AllGiven {
    /// Adds the outputs of a call, unless a limit is reached.
    pub(super) fn push(&mut self, given: impl FnOnce() -> Given) {
        if self.bytes < MOST_BYTES && self.calls.len() < MOST_CALLS {
            let given = given();
            self.bytes += given.gifts.iter().map(|gift| gift.bytes.len()).sum::<usize>();
            self.calls.push(given);
        }
    }

    /// Returns the violations found by comparison with a run with the other pattern. Each of the two runs is repeated
    /// by `again` with its pattern: calls that differ between repetitions, and calls after them, cannot be judged.
    pub(crate) fn judged(&self, other: &AllGiven, again: impl Fn(u8) -> Arc<AllGiven>) -> Judged {
        let mut violations = self.differences(other);
        let mut steady = true;
        for (run, pattern) in [self, other].into_iter().zip(PATTERNS) {
            if violations.is_empty() {
                break;
            }
            let again = again(pattern);
            let pairs = run.calls.iter().zip(&again.calls);
            let end = pairs.take_while(|(call, again)| call.call == again.call).count();
            steady &= end == run.calls.len() && end == again.calls.len();
            violations.retain(|violation| {
                let at = self.calls.iter().position(|given| given.number == violation.number);
                at.is_some_and(|at| at < end && run.calls[at] == again.calls[at])
            });
        }
        Judged { violations, steady }
    }

    fn differences(&self, other: &AllGiven) -> Vec<Violation> {
        let mut found = Vec::new();
        for (given, other) in self.calls.iter().zip(&other.calls) {
            let depends = given.differs(other, &mut found);
            found.truncate(MOST);
            if let Some(how) = depends {
                found.push(given.violation(ViolationKind::Uninitialized(how)));
                break;
            }
        }
        found
    }
}

/// Result of a comparison.
pub(crate) struct Judged {
    pub(crate) violations: Vec<Violation>,
    /// True if all calls could be judged.
    pub(crate) steady: bool,
}

impl Gift {
    /// Returns the fill bytes of an index in both runs.
    fn fillers(&self, at: usize) -> [u8; 2] {
        if self.is_buffer { PATTERNS.map(|pattern| filler(pattern, at)) } else { PATTERNS }
    }
}

impl Given {
    pub(super) fn of(number: u64, depth: usize, call: &Call<'_>, gives: &[Place<'_>], memory: &[u8]) -> Given {
        let gift = |place: &Place<'_>| {
            let Range { start, end } = place.range;
            let bytes = memory.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?.to_vec();
            let name = place.name.to_string();
            Some(Gift { name, start, is_buffer: place.is_buffer, bytes: without_padding(place, bytes) })
        };
        let gifts = gives.iter().filter_map(gift).collect();
        Given { number, depth, function: call.function.to_string(), call: call.text(), gifts }
    }

    /// Describes the first difference from the same call in the other run. Adds bytes that neither run has written to
    /// `unwritten`.
    fn differs(&self, other: &Given, unwritten: &mut Vec<Violation>) -> Option<String> {
        if self.call != other.call {
            return Some(format!("becomes {} when uninitialized bytes differ", other.call));
        }
        for (gift, there) in self.gifts.iter().zip(&other.gifts) {
            if (gift.start, gift.bytes.len()) != (there.start, there.bytes.len()) {
                return Some(format!("changes the size of `{}` when uninitialized bytes differ", gift.name));
            }
            // For each byte: equal in both runs, and equal to the fill bytes.
            let both = (0..).zip(gift.bytes.iter().zip(&there.bytes));
            let pairs = || both.clone().map(|(at, (a, b))| (a == b, [*a, *b] == gift.fillers(at)));
            if let Some(at) = pairs().position(|(same, left)| !same && !left) {
                let at = gift.start + at as u64;
                return Some(format!("changes a byte of `{}` at {at:#x} when uninitialized bytes differ", gift.name));
            }
            if let (true, Some(first)) = (gift.is_buffer, pairs().position(|(_, left)| left)) {
                let count = pairs().skip(first).take_while(|(_, left)| *left).count() as u64;
                let (start, plural) = (gift.start + first as u64, if count == 1 { "" } else { "s" });
                let text =
                    format!("did not write {count} byte{plural} of `{}`, {start:#x}..{:#x}", gift.name, start + count);
                unwritten.push(self.violation(ViolationKind::Unwritten(text)));
            }
        }
        None
    }

    fn violation(&self, what: ViolationKind) -> Violation {
        let (function, call) = (self.function.clone(), self.call.clone());
        Violation { function, call, number: self.number, depth: self.depth, ..Violation::of(what) }
    }
}

/// Clears bytes without meaning: padding between fields, and fields that differ between equal calls.
fn without_padding(place: &Place<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    if place.is_partial {
        let is_left = |at: usize, byte: u8| PATTERNS.iter().any(|pattern| filler(*pattern, at) == byte);
        let end = (0..bytes.len()).rev().find(|at| !is_left(*at, bytes[*at])).map_or(0, |last| last + 1);
        bytes[end..].fill(0);
    }
    let element = place.entries.map_or(place.element, |entries| &entries.header);
    let ignored = element.ignored();
    let mut at = 0;
    while at < bytes.len() && !ignored.is_empty() {
        let tail = place.entries.and_then(|entries| {
            let (offset, size) = entries.tail?;
            number(&bytes, at as u64 + offset, size)
        });
        for range in &ignored {
            // The last entry can be truncated.
            let [start, end] = [range.start, range.end].map(|offset| (at + offset as usize).min(bytes.len()));
            bytes[start..end].fill(0);
        }
        let next = element.size.saturating_add(tail.unwrap_or_default()).max(1);
        at = at.saturating_add(usize::try_from(next).unwrap_or(usize::MAX));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core_boundary::Value;
    use crate::core_boundary::places::{Described, Reported};

    const A: u8 = PATTERNS[0];

    /// Returns the bytes of a buffer in a run, where `None` is an unwritten byte.
    fn left(run: usize, bytes: &[Option<u8>]) -> Vec<u8> {
        let byte = |(at, byte): (usize, &Option<u8>)| byte.unwrap_or(filler(PATTERNS[run], at));
        bytes.iter().enumerate().map(byte).collect()
    }

    fn given(number: u64, call: &str, bytes: &[u8]) -> Given {
        let gift = Gift { name: "buf".into(), start: 8, is_buffer: true, bytes: bytes.to_vec() };
        Given { number, depth: 0, function: "random_get".into(), call: call.into(), gifts: vec![gift] }
    }

    fn all(calls: Vec<Given>) -> AllGiven {
        AllGiven { calls, bytes: 0 }
    }

    fn reports(judged: &Judged) -> Vec<String> {
        judged.violations.iter().map(|violation| format!("{}: {violation}", violation.number)).collect()
    }

    #[test]
    fn unwritten_bytes_and_dependent_calls_are_reported() {
        let bytes = [Some(1), None, None, Some(A)];
        let run = |run: usize, last: &str| {
            let second = given(2, "f() -> 0", &left(run, &bytes));
            all(vec![given(1, "f() -> 0", &[A, 7]), second, given(3, last, &[])])
        };
        let again = |second: &str, pattern| Arc::new(if pattern == A { run(0, "g") } else { run(1, second) });
        let first = run(0, "g");
        let judged = first.judged(&run(1, "h"), |pattern| again("h", pattern));
        assert_eq!(
            reports(&judged),
            [
                "2: unwritten: did not write 2 bytes of `buf`, 0x9..0xb",
                "3: uninitialized: becomes h when uninitialized bytes differ",
            ]
        );
        assert!(judged.steady);
        // The second run is nondeterministic.
        let judged = first.judged(&run(1, "h"), |pattern| again("i", pattern));
        assert_eq!(reports(&judged), ["2: unwritten: did not write 2 bytes of `buf`, 0x9..0xb"]);
        let (first, second) = ([A, 7], [A, 8]);
        let run = |bytes: &[u8]| all(vec![given(1, "f() -> 0", bytes)]);
        let again = |pattern| Arc::new(run(if pattern == A { &first } else { &second }));
        let judged = run(&first).judged(&run(&second), again);
        let other = "1: uninitialized: changes a byte of `buf` at 0x9 when uninitialized bytes differ";
        assert_eq!(reports(&judged), [other]);
    }

    #[test]
    fn nondeterministic_calls_are_not_judged() {
        let first = || all(vec![given(1, "f", &[1]), given(2, "f", &[7])]);
        let second = || all(vec![given(1, "f", &[2]), given(2, "f", &[7])]);
        // The first call is nondeterministic.
        let judged = first().judged(&second(), |_| Arc::new(all(vec![given(1, "f", &[3]), given(2, "f", &[7])])));
        assert_eq!((reports(&judged), judged.steady), (vec![], true));
        // The sequence of calls is nondeterministic.
        let judged = first().judged(&second(), |_| Arc::new(all(vec![given(1, "g", &[1]), given(2, "f", &[7])])));
        assert_eq!((reports(&judged), judged.steady), (vec![], false));
        let same = first().judged(&first(), |_| unreachable!("equal runs need no repetition"));
        assert_eq!((reports(&same), same.steady), (vec![], true));
    }

    /// Returns the number of bytes that are not cleared in the first output of a function of preview1 or preview0.
    fn cleared(module: &str, name: &str, bytes: Vec<u8>) -> Vec<u8> {
        let module = polyfill_abi::standard().module(module).unwrap();
        let function = module.function(name).unwrap();
        let arguments: Vec<Value> = function.params.iter().map(|_| Value::I32(bytes.len() as u32)).collect();
        let described = Described { module, function, arguments: &arguments };
        let places = described.places(&[], |_| u64::MAX, &Reported::default());
        without_padding(&places[0], bytes)
    }

    #[test]
    fn padding_is_ignored() {
        let left = |module: &str, name: &str, size: usize| {
            cleared(module, name, vec![A; size]).iter().filter(|byte| **byte == A).count()
        };
        let preview1 = "wasi_snapshot_preview1";
        assert_eq!(left(preview1, "poll_oneoff", 64), 22);
        let mut entries = vec![A; 24 + 2 + 24];
        entries[16..20].copy_from_slice(&2u32.to_le_bytes());
        entries[42..46].copy_from_slice(&9u32.to_le_bytes());
        let entries = cleared(preview1, "fd_readdir", entries);
        let zeros: Vec<usize> =
            (0..50).filter(|at| entries[*at] == 0 && ![17, 18, 19, 43, 44, 45].contains(at)).collect();
        assert_eq!(zeros, [(8..16).collect(), vec![21, 22, 23], (34..42).collect(), vec![47, 48, 49]].concat());
        // The type, the number of links and the size.
        assert_eq!(left(preview1, "fd_filestat_get", 64), 1 + 8 + 8);
        assert_eq!(left("wasi_unstable", "path_filestat_get", 56), 1 + 4 + 8);
    }
}
