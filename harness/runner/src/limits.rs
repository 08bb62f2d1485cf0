//! How much of everything a guest may use, and the count of its memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use polyfill_build::case::{CaseLimits, LimitName};
use wasmtime::{Error, ResourceLimiter};

use crate::backtrace;
use crate::observation::Outcome;

/// Bytes of a page, in which memory is counted.
const PAGE: usize = 64 * 1024;
/// Bytes of an element of a table, at most, on all machines.
const ELEMENT: usize = 16;
/// Core instances, and tables, and memories, of a store. A component of any sense has far fewer, and each takes memory.
const MOST_INSTANCES: usize = 1000;

/// Growths that are kept.
const MOST_GROWTHS: usize = 1000;
/// How many times as long a run may take whose calls are reported.
const SLOWER: u32 = 2;
/// How many times as long a run may take on the clock as on the processor, and how long at least.
const ON_THE_CLOCK: u32 = 10;
const LEAST_ON_THE_CLOCK: Duration = Duration::from_secs(60);
/// As good as no limit, and small enough to be added to any instant.
const YEARS: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// How much of everything a guest may use.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Processor time for instantiation and all calls together. Virtual: sleeping takes none of it, nor does waiting, nor a
    /// machine that is busy. On a host that is a program, and on a system that does not count the time of threads, it is time
    /// on the clock.
    pub timeout: Duration,
    /// Time on the clock, which ends a run that waits in a function of its host. Default: ten times `timeout`, and at least 60
    /// seconds.
    pub clock: Option<Duration>,
    /// Bytes of all memories and tables together. Growing beyond fails as it does when a system has no more memory; a component
    /// that cannot even be instantiated within it is ended.
    pub memory: usize,
    /// Bytes on each of standard output and standard error. Writing more ends the guest.
    pub output: usize,
    /// Bytes of files in its private directory, those that the case lays out among them. One call that writes more ends the
    /// guest; on a host that is another program, and on one of your own, within a tenth of a second.
    pub files: usize,
    /// Files, directories and links in it, those of the case among them. One more ends the guest, as a byte too many does.
    pub entries: usize,
    /// Resources that the host holds for the guest at a time, on hosts that keep them in [`State::table`](crate::State::table):
    /// one more ends the guest. Open descriptors count on the host `native`, too. No more than a run's share of the
    /// process's descriptors, however many these are. A guest, or an adapter, that gives none back is seen by that.
    pub handles: usize,
    /// Instructions, as wasmtime counts them; as many as there is time for without it. Only on an engine that counts
    /// ([`EngineOptions::fuel`](crate::EngineOptions::fuel)).
    pub fuel: Option<u64>,
}

impl Limits {
    /// What a case says of limits, and these where it does not.
    pub fn of(&self, case: &CaseLimits) -> Self {
        Self {
            timeout: case.time_ms.map_or(self.timeout, Duration::from_millis).min(YEARS),
            clock: self.clock,
            memory: case.memory_pages.map_or(self.memory, bytes),
            output: case.output.unwrap_or(self.output),
            files: case.files.unwrap_or(self.files),
            entries: self.entries,
            handles: case.handles.unwrap_or(self.handles),
            fuel: case.fuel.or(self.fuel),
        }
    }

    /// The most that a recording is given, whatever it asks for: it may be a stranger's. A minute, and for the rest what there
    /// is by default.
    pub fn ceiling() -> Self {
        Self { timeout: Duration::from_secs(60), ..Self::default() }
    }

    /// These limits, none of them above a ceiling; and a line for each that was lowered, with its key in a case's `limits`.
    pub fn below(&self, ceiling: &Self) -> (Self, Vec<String>) {
        let mut lowered = Vec::new();
        let mut lower = |key: &str, asked: u128, most: u128| {
            if asked > most {
                lowered.push(format!("`{key}` is lowered from {asked} to {most}"));
            }
        };
        lower("time-ms", self.timeout.as_millis(), ceiling.timeout.as_millis());
        lower("memory-pages", (self.memory / PAGE) as u128, (ceiling.memory / PAGE) as u128);
        lower("output", self.output as u128, ceiling.output as u128);
        lower("files", self.files as u128, ceiling.files as u128);
        lower("handles", self.handles as u128, ceiling.handles as u128);
        let fuel = match (self.fuel, ceiling.fuel) {
            (Some(fuel), Some(most)) => {
                lower("fuel", fuel.into(), most.into());
                Some(fuel.min(most))
            }
            (fuel, most) => fuel.or(most),
        };
        let limits = Self {
            timeout: self.timeout.min(ceiling.timeout),
            clock: ceiling.clock,
            memory: self.memory.min(ceiling.memory),
            output: self.output.min(ceiling.output),
            files: self.files.min(ceiling.files),
            entries: self.entries.min(ceiling.entries),
            handles: self.handles.min(ceiling.handles),
            fuel,
        };
        (limits, lowered)
    }

    /// Time on the clock.
    pub(crate) fn clock(&self) -> Duration {
        let clock = self.clock.unwrap_or_else(|| self.timeout.saturating_mul(ON_THE_CLOCK).max(LEAST_ON_THE_CLOCK));
        clock.min(YEARS)
    }

    /// The same for a run whose calls are reported or not, with no more processor time than there is left for it. Reports take
    /// time: such a run may take twice as long.
    pub(crate) fn within(&self, left: Duration, reported: bool) -> Self {
        let slower = if reported { SLOWER } else { 1 };
        let timeout = self.timeout.saturating_mul(slower).min(left);
        // The end is told of in terms of the time that there was.
        Self { timeout, ..self.clone() }
    }
}

/// Bytes of pages.
fn bytes(pages: u64) -> usize {
    usize::try_from(pages).unwrap_or(usize::MAX).saturating_mul(PAGE)
}

/// 10 seconds, 1 GiB of memory, 64 MiB of output and of files, 10,000 files, 1000 handles, and no bound on fuel.
impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            clock: None,
            memory: 1 << 30,
            output: 64 << 20,
            files: 64 << 20,
            entries: 10_000,
            handles: 1000,
            fuel: None,
        }
    }
}

/// Watches memories and tables grow, those of a store together.
#[derive(Debug)]
pub(crate) struct Pages {
    limit: usize,
    /// Bytes of all memories and tables so far.
    bytes: usize,
    /// Whether what grows is the guest's; else it is something beside it, of ours.
    pub counting: bool,
    /// Pages of memories when they were created.
    pub initial: u64,
    /// Pages by which memories grew.
    pub grown: u64,
    /// Whether a growth was refused.
    pub limit_hit: bool,
    /// Growths so far, those of all memories: bytes before and after. Only the first ones are kept.
    pub growths: Vec<(u64, u64)>,
    /// For each growth that was asked for, granted or not, the call that was being made, by its number in the trace: 0 for
    /// none. As many as are kept.
    pub calls: Vec<usize>,
    /// The growth that is refused, from 0.
    pub refused: Option<usize>,
    /// The call that is being made.
    pub call: Arc<AtomicUsize>,
}

impl Pages {
    pub(crate) fn new(limit: usize) -> Self {
        let (growths, calls, call) = Default::default();
        Self {
            limit,
            bytes: 0,
            counting: true,
            initial: 0,
            grown: 0,
            limit_hit: false,
            growths,
            calls,
            refused: None,
            call,
        }
    }

    /// The outcome of a run that ended before any call: a component that was refused the memory it begins with is ended by that limit.
    pub(crate) fn not_started(&self, error: &Error, limits: &Limits) -> Outcome {
        let limit = |message: String| Outcome::Limit { limit: LimitName::Memory, message };
        match backtrace::outcome(error, limits) {
            Outcome::NotRun(_) if self.limit_hit => limit(format!(
                "the memories and tables that the component begins with come to more than {} bytes",
                self.limit
            )),
            // wasmtime has no type for it.
            Outcome::NotRun(why) if why.contains("resource limit exceeded: ") => limit(why),
            outcome => outcome,
        }
    }

    /// Takes bytes, if there are so many left. Those that the system then has not got stay taken: wasmtime also reports
    /// failures of growths that it has not asked about.
    fn take(&mut self, bytes: usize) -> bool {
        let all = self.bytes.checked_add(bytes).filter(|all| *all <= self.limit);
        self.bytes = all.unwrap_or(self.bytes);
        self.limit_hit |= all.is_none();
        all.is_some()
    }
}

impl ResourceLimiter for Pages {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if !self.counting {
            return Ok(true);
        }
        // A memory that is made is no growth, and must not be refused: that would be no run at all.
        if current > 0 && desired > current && self.calls.len() < MOST_GROWTHS {
            self.calls.push(self.call.load(Ordering::Relaxed));
            if self.refused == Some(self.calls.len() - 1) {
                return Ok(false);
            }
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            // A memory that is full by its own type is no matter of the limit, unless it would be one, too.
            self.limit_hit |= self.bytes.saturating_add(desired.saturating_sub(current)) > self.limit;
            return Ok(false);
        }
        if !self.take(desired.saturating_sub(current)) {
            return Ok(false);
        }
        // wasmtime asks about a new memory as it does about one that grows from nothing: the first growth of a
        // memory created empty is taken for its initial size.
        let pages = (desired.saturating_sub(current) / PAGE) as u64;
        match current {
            0 => self.initial += pages,
            _ => {
                self.grown += pages;
                if self.growths.len() < MOST_GROWTHS {
                    self.growths.push((current as u64, desired as u64));
                }
            }
        }
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if !self.counting {
            return Ok(true);
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        Ok(self.take(desired.saturating_sub(current).saturating_mul(ELEMENT)))
    }

    fn instances(&self) -> usize {
        MOST_INSTANCES
    }

    fn tables(&self) -> usize {
        MOST_INSTANCES
    }

    fn memories(&self) -> usize {
        MOST_INSTANCES
    }
}
