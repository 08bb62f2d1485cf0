//! Write attribution: finds the writer of wrongly changed bytes in a second run of a case, in which adapters report
//! their writes to the bytes that changed in the first run.
//!
//! An unreported change was made by the host, which writes results to memory after the function that returns them, or
//! by main, if an adapter calls it by a function other than its realloc.

use std::ops::Range;

use crate::observation::{Frame, Outcome};
use crate::violation::Violation;

use super::fills::PATTERNS;

/// Name prefix of the encoder's functions that check writes.
const LOOKS: &str = "polyfill.watched_";
/// Maximum number of frames per write.
const MOST_FRAMES: usize = 4;

/// Watched byte ranges and their writers.
#[derive(Debug)]
pub(super) struct Writers {
    watched: Vec<Watched>,
    /// Last host function that has returned.
    answered: Option<String>,
}

/// Bytes that changed in one call.
#[derive(Debug)]
struct Watched {
    call: u64,
    range: Range<u64>,
    /// Last observed contents.
    bytes: Vec<u8>,
    writer: Option<Writer>,
}

#[derive(Clone, Debug)]
enum Writer {
    /// Adapter code at these frames.
    Code(Vec<Frame>),
    /// Host, returning from this function.
    Host(String),
    /// Neither an adapter nor the host.
    Other,
}

impl Writers {
    /// Creates the watch list from byte ranges of main's memory, each with the number of the call that changed it.
    pub(super) fn new(watched: &[(u64, Range<u64>)]) -> Writers {
        let watch = |(call, range): &(u64, Range<u64>)| Watched {
            call: *call,
            range: range.clone(),
            bytes: Vec::new(),
            writer: None,
        };
        Writers { watched: watched.iter().map(watch).collect(), answered: None }
    }

    /// Takes the current memory as the baseline when calls begin, or continue after main itself has run.
    pub(super) fn goes_on(&mut self, calls: &[u64], memory: &[u8]) {
        self.answered = None;
        for watched in self.unknown(calls) {
            watched.bytes = watched.now(memory).to_vec();
        }
    }

    /// Handles an event in the running calls: attributes changes since the previous event to the host.
    pub(super) fn happens(&mut self, calls: &[u64], memory: &[u8]) {
        let answered = self.answered.clone();
        for watched in self.unknown(calls) {
            let now = watched.now(memory);
            // Filling of results by interposers is not a change.
            let changed = |(before, now): (&u8, &u8)| before != now && *now != PATTERNS[0];
            if watched.bytes.iter().zip(now).any(changed) {
                watched.writer = Some(answered.clone().map_or(Writer::Other, Writer::Host));
            }
        }
    }

    /// Records the return of a host function. Its results are not in memory yet.
    pub(super) fn answered(&mut self, function: &str) {
        self.answered = Some(function.to_string());
    }

    /// Returns true if the writer of these bytes is still unknown.
    pub(super) fn wants(&mut self, calls: &[u64], bytes: &Range<u64>) -> bool {
        self.unknown(calls).any(|watched| watched.overlaps(bytes))
    }

    /// Attributes a write to the adapter code at `frames`.
    pub(super) fn writes(&mut self, calls: &[u64], bytes: &Range<u64>, frames: &[Frame]) {
        let frames = code(frames);
        for watched in self.unknown(calls).filter(|watched| watched.overlaps(bytes)) {
            watched.writer = Some(Writer::Code(frames.clone()));
        }
    }

    /// Handles an abnormal end. The component cannot report while the host lowers a result, so a write check traps
    /// instead.
    pub(super) fn stopped(&mut self, calls: &[u64], outcome: &Outcome) {
        let (Outcome::Trap(info) | Outcome::HostError(info)) = outcome else { return };
        if info.frames.first().is_some_and(|frame| frame.function.starts_with(LOOKS)) {
            self.writes(calls, &(0..u64::MAX), &info.frames);
        }
    }

    /// Adds the writer to a violation.
    pub(super) fn attribute(&self, violation: &mut Violation) {
        let Some(changed) = violation.what.changed() else { return };
        let is_it = |watched: &&Watched| watched.call == violation.number && watched.range.start == changed.start;
        match self.watched.iter().find(is_it).and_then(|watched| watched.writer.as_ref()) {
            Some(Writer::Code(frames)) => violation.frames.clone_from(frames),
            Some(Writer::Host(function)) => violation.writer = format!("the host, as a result of {function}"),
            Some(Writer::Other) | None => violation.writer = "neither an adapter nor the host".into(),
        }
    }

    /// Returns the watched ranges of these calls that have no known writer.
    fn unknown(&mut self, calls: &[u64]) -> impl Iterator<Item = &mut Watched> {
        self.watched.iter_mut().filter(move |watched| watched.writer.is_none() && calls.contains(&watched.call))
    }
}

impl Watched {
    /// Returns the current contents, or an empty slice if the range exceeds memory.
    fn now<'m>(&self, memory: &'m [u8]) -> &'m [u8] {
        let range = usize::try_from(self.range.start).ok().zip(usize::try_from(self.range.end).ok());
        range.and_then(|(start, end)| memory.get(start..end)).unwrap_or_default()
    }

    fn overlaps(&self, bytes: &Range<u64>) -> bool {
        bytes.start < self.range.end && self.range.start < bytes.end
    }
}

/// Removes frames of write checks, and code offsets, which differ from those of the first run.
fn code(frames: &[Frame]) -> Vec<Frame> {
    let looks = frames.iter().take_while(|frame| frame.function.starts_with(LOOKS)).count();
    let adapters = frames.get(looks..).unwrap_or_default().iter().take(MOST_FRAMES);
    adapters.map(|frame| Frame { offset: None, ..frame.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::TrapInfo;
    use crate::violation::{Changed, ViolationKind};

    fn frame(function: &str) -> Frame {
        let module = Some("adapter".into());
        Frame { module, function: function.into(), offset: Some(7), source: None, inlined: false }
    }

    /// Formats the writer of two bytes at address 4 that changed in call 3.
    fn writer_text(writers: &Writers) -> String {
        let what = ViolationKind::Memory(Changed {
            owner: "main's memory".into(),
            start: 4,
            before: vec![0; 2],
            after: vec![1; 2],
        });
        let mut violation = Violation { number: 3, ..Violation::of(what) };
        writers.attribute(&mut violation);
        let frames: Vec<String> = violation.frames.iter().map(ToString::to_string).collect();
        frames.join(", ") + &violation.writer
    }

    fn writers(memory: &[u8]) -> Writers {
        let mut writers = Writers::new(&[(3, 4..6), (5, 4..6)]);
        writers.goes_on(&[3], memory);
        writers
    }

    #[test]
    fn the_first_write_is_attributed() {
        let mut writers = writers(&[0; 8]);
        assert!(!writers.wants(&[3], &(0..4)) && !writers.wants(&[3], &(6..8)) && !writers.wants(&[2], &(4..5)));
        assert!(writers.wants(&[2, 3], &(0..5)));
        writers.writes(&[3], &(5..6), &[frame("polyfill.watched_write"), frame("f"), frame("g")]);
        assert_eq!(writer_text(&writers), "adapter!f, adapter!g");
        assert!(!writers.wants(&[3], &(4..6)));
        writers.writes(&[3], &(5..6), &[frame("h")]);
        assert_eq!(writer_text(&writers), "adapter!f, adapter!g");
    }

    #[test]
    fn unreported_changes_are_attributed_to_the_host() {
        let mut writers = writers(&[0; 8]);
        writers.answered("get-arguments");
        writers.happens(&[3], &[0, 0, 0, 0, PATTERNS[0], 0, 0, 0]);
        assert_eq!(writer_text(&writers), "neither an adapter nor the host");
        writers.happens(&[3], &[1, 1, 1, 1, 0, 9, 1, 1]);
        assert_eq!(writer_text(&writers), "the host, as a result of get-arguments");
        // A later write by the adapter does not change the attribution.
        assert!(!writers.wants(&[3], &(4..6)));
    }

    #[test]
    fn changes_by_main_are_not_attributed_to_the_host() {
        let mut writers = writers(&[0; 8]);
        writers.answered("get-arguments");
        writers.goes_on(&[3], &[9; 8]);
        writers.happens(&[3], &[9; 8]);
        assert!(writers.wants(&[3], &(4..6)));
        writers.happens(&[3], &[8; 8]);
        assert_eq!(writer_text(&writers), "neither an adapter nor the host");
        assert!(!writers.wants(&[3], &(4..6)));
    }

    #[test]
    fn a_trap_in_a_write_check_is_attributed_to_its_caller() {
        let mut writers = writers(&[0; 8]);
        let trap = |function: &str| {
            let frames = vec![frame(function), frame("cabi_import_realloc")];
            Outcome::Trap(TrapInfo { message: "cannot leave component instance".into(), frames })
        };
        writers.stopped(&[3], &trap("f"));
        assert_eq!(writer_text(&writers), "neither an adapter nor the host");
        writers.stopped(&[3], &trap("polyfill.watched_write"));
        assert_eq!(writer_text(&writers), "adapter!cabi_import_realloc");
    }

    #[test]
    fn a_watched_range_may_exceed_memory() {
        let mut writers = writers(&[]);
        writers.happens(&[3], &[1; 5]);
        assert!(writers.wants(&[3], &(4..6)));
    }
}
