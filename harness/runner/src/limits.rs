//! How much of everything a guest may use, and the count of its pages.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use polyfill_build::case::CaseLimits;
use wasmtime::ResourceLimiter;

/// Bytes of a page, in which memory is counted.
const PAGE: usize = 64 * 1024;

/// Growths that are kept.
const MOST_GROWTHS: usize = 1000;
/// How many times as long a run may take whose calls are told of.
const SLOWER: u32 = 10;

/// How much of everything a guest may use.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Time for instantiation and all calls together. Virtual: sleeping takes none of it.
    pub timeout: Duration,
    /// Bytes of each memory. Growing beyond fails as it does when a system has no more memory.
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
    /// ([`Engine::counting`](crate::Engine::counting)).
    pub fuel: Option<u64>,
}

impl Limits {
    /// What a case says of limits, and these where it does not.
    pub fn of(&self, case: &CaseLimits) -> Self {
        Self {
            timeout: case.time_ms.map_or(self.timeout, Duration::from_millis),
            memory: case.memory_pages.map_or(self.memory, |pages| (pages as usize).saturating_mul(PAGE)),
            output: case.output.unwrap_or(self.output),
            files: case.files.unwrap_or(self.files),
            entries: self.entries,
            handles: case.handles.unwrap_or(self.handles),
            fuel: case.fuel.or(self.fuel),
        }
    }
}

impl Limits {
    /// The same for a run whose calls are told of: reports take time.
    pub(crate) fn told(&self, told: bool) -> Self {
        let slower = if told { SLOWER } else { 1 };
        Self { timeout: self.timeout.saturating_mul(slower), ..self.clone() }
    }
}

/// 10 seconds, 1 GiB of memory, 64 MiB of output and of files, 10,000 files, 1000 handles, and no bound on fuel.
impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            memory: 1 << 30,
            output: 64 << 20,
            files: 64 << 20,
            entries: 10_000,
            handles: 1000,
            fuel: None,
        }
    }
}

/// Watches memories grow.
#[derive(Debug)]
pub(crate) struct Pages {
    limit: usize,
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
        Self { limit, counting: true, initial: 0, grown: 0, limit_hit: false, growths, calls, refused: None, call }
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
        if desired > self.limit {
            self.limit_hit = true;
            return Ok(false);
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        // wasmtime asks about a new memory as it does about one that grows from nothing: the first growth of a
        // memory created empty is taken for its initial size.
        let pages = ((desired - current) / PAGE) as u64;
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

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        // 16 bytes an element on all machines: far below the limit on memories for any sensible table.
        Ok(desired <= self.limit / 16)
    }
}
