//! Resource limits of a guest, and accounting of its memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use polyfill_builder::case::{CaseLimits, LimitName};
use wasmtime::{Error, ResourceLimiter};

use crate::backtrace;
use crate::observation::Outcome;

/// Reason for not running a guest with a shared memory. Shared memories have no limits, and their waits no end.
const SHARED_MEMORY: &str = "the guest defines a shared memory, which no engine of this harness supports\n  help: build \
     it without threads; atomic instructions also work on an unshared memory";

/// Size of a page in bytes, the unit of memory accounting.
const PAGE: usize = 64 * 1024;
/// Upper bound for the size of a table element in bytes, on all machines.
const ELEMENT: usize = 16;
/// Maximum number of core instances, of tables, and of memories in a store. Realistic components have far fewer, and
/// each takes host memory.
const MOST_INSTANCES: usize = 1000;

/// Maximum number of recorded growths.
const MOST_GROWTHS: usize = 1000;
/// Factor on the time limit of a run whose calls are reported.
const SLOWER: u32 = 2;
/// Wall-clock limit as a multiple of the processor time limit, and its minimum.
const ON_THE_CLOCK: u32 = 10;
const LEAST_ON_THE_CLOCK: Duration = Duration::from_secs(60);
/// Practically unlimited, and small enough to be added to any instant.
const YEARS: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Resource limits of a guest.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Processor time for instantiation and all calls together. Sleeping, waiting, and a busy machine do not count. On
    /// external hosts, and on systems without thread CPU clocks, wall-clock time.
    pub timeout: Duration,
    /// Wall-clock time, which ends a run that waits in a host function. Default: ten times `timeout`, and at least 60
    /// seconds.
    pub clock: Option<Duration>,
    /// Bytes of all memories and tables together. Growing beyond it fails as if the system were out of memory. A
    /// component whose initial memories exceed it is ended.
    pub memory: usize,
    /// Bytes on each of standard output and standard error. Writing more ends the guest.
    pub output: usize,
    /// Bytes of files in the private directory, including those of the case. A call that exceeds it ends the guest; on
    /// external and custom hosts, within a tenth of a second.
    pub files: usize,
    /// Files, directories and links in the private directory, including those of the case. Exceeding it ends the guest.
    pub entries: usize,
    /// Resources that the host holds for the guest at a time, on hosts that keep them in
    /// [`State::table`](crate::State::table), and open descriptors on the host `native`. Exceeding it ends the guest,
    /// which detects handle leaks of guests and adapters. Capped by the run's share of the process's descriptors.
    pub handles: usize,
    /// Instructions, as wasmtime counts them; as many as there is time for without it. Only on an engine that counts
    /// ([`EngineOptions::fuel`](crate::EngineOptions::fuel)).
    pub fuel: Option<u64>,
}

impl Limits {
    /// Returns these limits, overridden by the case's `limits`.
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

    /// Returns the ceilings for a recording, which may be untrusted: one minute, and the defaults for everything else.
    pub fn ceiling() -> Self {
        Self { timeout: Duration::from_secs(60), ..Self::default() }
    }

    /// Caps these limits. Also returns a line for each lowered limit, with its key in a case's `limits`.
    pub fn below(&self, ceiling: &Self) -> (Self, Vec<String>) {
        let mut lowered = Vec::new();
        let mut lower = |key: &str, asked: u128, most: u128| {
            if asked > most {
                lowered.push(format!("`{key}` lowered from {asked} to {most}"));
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

    /// Returns the wall-clock limit.
    pub(crate) fn clock(&self) -> Duration {
        let clock = self.clock.unwrap_or_else(|| self.timeout.saturating_mul(ON_THE_CLOCK).max(LEAST_ON_THE_CLOCK));
        clock.min(YEARS)
    }

    /// Returns the limits of a run with or without reported calls, with at most the remaining processor time. Reporting
    /// takes time: such a run may take twice as long.
    pub(crate) fn within(&self, left: Duration, reported: bool) -> Self {
        let slower = if reported { SLOWER } else { 1 };
        let timeout = self.timeout.saturating_mul(slower).min(left);
        // The timeout message shows the original limit.
        Self { timeout, ..self.clone() }
    }
}

/// Converts pages to bytes.
fn bytes(pages: u64) -> usize {
    usize::try_from(pages).unwrap_or(usize::MAX).saturating_mul(PAGE)
}

/// Default limits: 10 seconds, 1 GiB of memory, 64 MiB of output and of files, 10,000 files, 1000 handles, unlimited
/// fuel.
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

/// Accounts for the growth of all memories and tables of a store.
#[derive(Debug)]
pub(crate) struct Pages {
    limit: usize,
    /// Bytes of all memories and tables so far.
    bytes: usize,
    /// True while the guest's memories grow, false for instrumentation.
    pub counting: bool,
    /// Initial pages of all memories.
    pub initial: u64,
    /// Pages by which memories grew.
    pub grown: u64,
    /// Set if a growth was refused.
    pub limit_hit: bool,
    /// Growths of all memories so far: bytes before and after. Bounded.
    pub growths: Vec<(u64, u64)>,
    /// Trace number of the active call for each requested growth, granted or not; 0 outside of calls. Bounded.
    pub calls: Vec<usize>,
    /// Index of the growth to refuse, from 0.
    pub refused: Option<usize>,
    /// Number of the active call.
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

    /// Returns the outcome of a run that ended before any call, mapping a refused initial memory to the memory limit.
    pub(crate) fn not_started(&self, error: &Error, limits: &Limits) -> Outcome {
        let limit = |message: String| Outcome::Limit { limit: LimitName::Memory, message };
        match backtrace::outcome(error, limits) {
            Outcome::NotRun(_) if self.limit_hit => {
                limit(format!("the initial memories and tables of the component exceed {} bytes", self.limit))
            }
            // wasmtime has no error type for it.
            Outcome::NotRun(why) if why.contains("resource limit exceeded: ") => limit(why),
            Outcome::NotRun(why) if why.contains("shared memory support is disabled") => {
                Outcome::NotRun(SHARED_MEMORY.into())
            }
            outcome => outcome,
        }
    }

    /// Reserves bytes if the limit allows it. The reservation is kept if the system then fails to allocate, because
    /// wasmtime also reports failures of growths that it did not ask about.
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
        // Creating a memory is not a growth, and injecting a failure there would prevent the run.
        if current > 0 && desired > current && self.calls.len() < MOST_GROWTHS {
            self.calls.push(self.call.load(Ordering::Relaxed));
            if self.refused == Some(self.calls.len() - 1) {
                return Ok(false);
            }
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            // A memory at the maximum of its own type does not count as a hit of the limit, unless it also exceeds the
            // limit.
            self.limit_hit |= self.bytes.saturating_add(desired.saturating_sub(current)) > self.limit;
            return Ok(false);
        }
        if !self.take(desired.saturating_sub(current)) {
            return Ok(false);
        }
        // wasmtime asks about a new memory as if it grew from zero, so the first growth of a memory that is created
        // empty is counted as its initial size.
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
