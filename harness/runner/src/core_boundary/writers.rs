//! Who writes what must not be written: seen in a second run of a case, whose adapters tell of their writes to the bytes
//! that changed in the first.
//!
//! What changes without being told of was written by the host, which puts results into memory after the function that gives
//! them has returned; or by main, if an adapter calls it by another function than its realloc.

use std::ops::Range;

use crate::observation::{Frame, Outcome};
use crate::violation::Violation;

use super::fills::PATTERNS;

/// What functions of the encoder's are called that look at writes.
const LOOKS: &str = "polyfill.watched_";
/// Frames of each write.
const MOST_FRAMES: usize = 4;

/// What is looked for.
#[derive(Debug)]
pub(super) struct Writers {
    watched: Vec<Watched>,
    /// The host's function that has returned last.
    answered: Option<String>,
}

/// Bytes that changed in one call.
#[derive(Debug)]
struct Watched {
    call: u64,
    range: Range<u64>,
    /// As they were seen last.
    bytes: Vec<u8>,
    writer: Option<Writer>,
}

#[derive(Clone, Debug)]
enum Writer {
    /// An adapter, by this code.
    Code(Vec<Frame>),
    /// The host, as it answered this function.
    Host(String),
    /// None of them.
    Other,
}

impl Writers {
    /// Bytes of main's memory, each with the number of the call that changed them.
    pub(super) fn new(watched: &[(u64, Range<u64>)]) -> Writers {
        let watch = |(call, range): &(u64, Range<u64>)| Watched {
            call: *call,
            range: range.clone(),
            bytes: Vec::new(),
            writer: None,
        };
        Writers { watched: watched.iter().map(watch).collect(), answered: None }
    }

    /// Main's memory in calls that begin, or that go on after main itself has run.
    pub(super) fn goes_on(&mut self, calls: &[u64], memory: &[u8]) {
        self.answered = None;
        for watched in self.unknown(calls) {
            watched.bytes = watched.now(memory).to_vec();
        }
    }

    /// Something happens in calls that run: what has changed since the last time that it did was written by the host.
    pub(super) fn happens(&mut self, calls: &[u64], memory: &[u8]) {
        let answered = self.answered.clone();
        for watched in self.unknown(calls) {
            let now = watched.now(memory);
            // What interposers fill results with is no change of anybody's.
            let changed = |(before, now): (&u8, &u8)| before != now && *now != PATTERNS[0];
            if watched.bytes.iter().zip(now).any(changed) {
                watched.writer = Some(answered.clone().map_or(Writer::Other, Writer::Host));
            }
        }
    }

    /// A function of the host has returned; its results are not in memory yet.
    pub(super) fn answered(&mut self, function: &str) {
        self.answered = Some(function.to_string());
    }

    /// Whether it is of interest where an adapter is that writes those bytes.
    pub(super) fn wants(&mut self, calls: &[u64], bytes: &Range<u64>) -> bool {
        self.unknown(calls).any(|watched| watched.overlaps(bytes))
    }

    /// It is there, in what looks at writes.
    pub(super) fn writes(&mut self, calls: &[u64], bytes: &Range<u64>, frames: &[Frame]) {
        let frames = code(frames);
        for watched in self.unknown(calls).filter(|watched| watched.overlaps(bytes)) {
            watched.writer = Some(Writer::Code(frames.clone()));
        }
    }

    /// In the middle of what the host gives, nothing can be told: the component is stopped instead.
    pub(super) fn stopped(&mut self, calls: &[u64], outcome: &Outcome) {
        let (Outcome::Trap(info) | Outcome::HostError(info)) = outcome else { return };
        if info.frames.first().is_some_and(|frame| frame.function.starts_with(LOOKS)) {
            self.writes(calls, &(0..u64::MAX), &info.frames);
        }
    }

    /// Says it in what was found.
    pub(super) fn tell(&self, violation: &mut Violation) {
        let Some(changed) = violation.what.changed() else { return };
        let is_it = |watched: &&Watched| watched.call == violation.number && watched.range.start == changed.start;
        match self.watched.iter().find(is_it).and_then(|watched| watched.writer.as_ref()) {
            Some(Writer::Code(frames)) => violation.frames.clone_from(frames),
            Some(Writer::Host(function)) => violation.writer = format!("the host, which answered {function}"),
            Some(Writer::Other) | None => violation.writer = "neither an adapter nor the host".into(),
        }
    }

    /// What is watched in those calls, and whose writer is not known.
    fn unknown(&mut self, calls: &[u64]) -> impl Iterator<Item = &mut Watched> {
        self.watched.iter_mut().filter(move |watched| watched.writer.is_none() && calls.contains(&watched.call))
    }
}

impl Watched {
    /// As they are now; nothing beyond the end of memory.
    fn now<'m>(&self, memory: &'m [u8]) -> &'m [u8] {
        let range = usize::try_from(self.range.start).ok().zip(usize::try_from(self.range.end).ok());
        range.and_then(|(start, end)| memory.get(start..end)).unwrap_or_default()
    }

    fn overlaps(&self, bytes: &Range<u64>) -> bool {
        bytes.start < self.range.end && self.range.start < bytes.end
    }
}

/// Without what looks, and without offsets in functions that have other code in the first run.
fn code(frames: &[Frame]) -> Vec<Frame> {
    let looks = frames.iter().take_while(|frame| frame.function.starts_with(LOOKS)).count();
    let adapters = frames.get(looks..).unwrap_or_default().iter().take(MOST_FRAMES);
    adapters.map(|frame| Frame { offset: None, ..frame.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::TrapInfo;
    use crate::violation::{Changed, What};

    fn frame(function: &str) -> Frame {
        let module = Some("adapter".into());
        Frame { module, function: function.into(), offset: Some(7), source: None, inlined: false }
    }

    /// Two bytes that changed at 4, in call 3, as they are told of by one who has looked.
    fn told(writers: &Writers) -> String {
        let what = What::Memory(Changed { owner: "main's".into(), start: 4, before: vec![0; 2], after: vec![1; 2] });
        let mut violation = Violation { number: 3, ..Violation::of(what) };
        writers.tell(&mut violation);
        let frames: Vec<String> = violation.frames.iter().map(ToString::to_string).collect();
        frames.join(", ") + &violation.writer
    }

    fn writers(memory: &[u8]) -> Writers {
        let mut writers = Writers::new(&[(3, 4..6), (5, 4..6)]);
        writers.goes_on(&[3], memory);
        writers
    }

    #[test]
    fn the_first_write_is_the_one() {
        let mut writers = writers(&[0; 8]);
        assert!(!writers.wants(&[3], &(0..4)) && !writers.wants(&[3], &(6..8)) && !writers.wants(&[2], &(4..5)));
        assert!(writers.wants(&[2, 3], &(0..5)));
        writers.writes(&[3], &(5..6), &[frame("polyfill.watched_write"), frame("f"), frame("g")]);
        assert_eq!(told(&writers), "adapter!f, adapter!g");
        assert!(!writers.wants(&[3], &(4..6)));
        writers.writes(&[3], &(5..6), &[frame("h")]);
        assert_eq!(told(&writers), "adapter!f, adapter!g");
    }

    #[test]
    fn what_changes_by_itself_is_the_hosts() {
        let mut writers = writers(&[0; 8]);
        writers.answered("get-arguments");
        writers.happens(&[3], &[0, 0, 0, 0, PATTERNS[0], 0, 0, 0]);
        assert_eq!(told(&writers), "neither an adapter nor the host");
        writers.happens(&[3], &[1, 1, 1, 1, 0, 9, 1, 1]);
        assert_eq!(told(&writers), "the host, which answered get-arguments");
        // It is not known to be the adapter's if that writes there as well.
        assert!(!writers.wants(&[3], &(4..6)));
    }

    #[test]
    fn what_main_does_meanwhile_is_its_own() {
        let mut writers = writers(&[0; 8]);
        writers.answered("get-arguments");
        writers.goes_on(&[3], &[9; 8]);
        writers.happens(&[3], &[9; 8]);
        assert!(writers.wants(&[3], &(4..6)));
        writers.happens(&[3], &[8; 8]);
        assert_eq!(told(&writers), "neither an adapter nor the host");
        assert!(!writers.wants(&[3], &(4..6)));
    }

    #[test]
    fn a_write_that_stops_the_component_is_seen_by_that() {
        let mut writers = writers(&[0; 8]);
        let trap = |function: &str| {
            let frames = vec![frame(function), frame("cabi_import_realloc")];
            Outcome::Trap(TrapInfo { message: "cannot leave component instance".into(), frames })
        };
        writers.stopped(&[3], &trap("f"));
        assert_eq!(told(&writers), "neither an adapter nor the host");
        writers.stopped(&[3], &trap("polyfill.watched_write"));
        assert_eq!(told(&writers), "adapter!cabi_import_realloc");
    }

    #[test]
    fn memory_may_be_smaller() {
        let mut writers = writers(&[]);
        writers.happens(&[3], &[1; 5]);
        assert!(writers.wants(&[3], &(4..6)));
    }
}
