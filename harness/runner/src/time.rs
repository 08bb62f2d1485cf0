//! Time limits of guests: processor time of the running thread, and a much larger wall-clock limit.
//!
//! A limit on processor time keeps trials stable on a busy machine. A guest that waits in a host function uses no
//! processor time; the wall-clock limit ends such a run, and the outcome reports it.

use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::host::Stop;
use crate::limits::Limits;

/// Time budget of a trial as a multiple of its limit, for all of its runs: the run itself, and the one that records it.
const TRIAL: u32 = 2;
/// The same for a trial whose calls are reported in each run, because the checks rerun it.
const REPORTED_TRIAL: u32 = 4;

/// Reading of both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    thread: ThreadId,
    /// Processor time of this thread; `None` on systems without thread CPU clocks.
    processor: Option<Duration>,
    clock: Instant,
}

impl Now {
    /// Reads the clocks of this thread.
    pub(crate) fn look() -> Self {
        Self { thread: thread::current().id(), processor: processor(), clock: Instant::now() }
    }
}

#[cfg(unix)]
fn processor() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

#[cfg(not(unix))]
fn processor() -> Option<Duration> {
    None
}

/// Time of one run.
#[derive(Debug)]
pub(crate) struct Watch {
    limit: Duration,
    clock_limit: Duration,
    began: Option<Instant>,
    last: Option<Now>,
    used: Duration,
}

impl Watch {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { limit: limits.timeout, clock_limit: limits.clock(), began: None, last: None, used: Duration::ZERO }
    }

    /// Starts the run.
    pub(crate) fn start(&mut self, now: Now) {
        (self.began, self.last, self.used) = (Some(now.clock), Some(now), Duration::ZERO);
    }

    /// Returns true if no processor time is left. Fails if the run exceeds the wall-clock limit alone.
    pub(crate) fn is_over(&mut self, now: Now) -> Result<bool, Stop> {
        let used = self.used(now);
        if used >= self.limit {
            return Ok(true);
        }
        let taken = self.began.map_or(Duration::ZERO, |began| now.clock.saturating_duration_since(began));
        if taken >= self.clock_limit { Err(self.waited(now)) } else { Ok(false) }
    }

    /// Returns the processor time so far.
    pub(crate) fn used(&mut self, now: Now) -> Duration {
        if let Some(last) = self.last.replace(now) {
            self.used += match (last.processor, now.processor) {
                // The processor time of another thread is unknown.
                (Some(_), Some(_)) if last.thread != now.thread => Duration::ZERO,
                (Some(before), Some(after)) => after.saturating_sub(before),
                _ => now.clock.saturating_duration_since(last.clock),
            };
        }
        self.used
    }

    /// Returns the outcome of a run that exceeded the wall-clock limit.
    pub(crate) fn waited(&mut self, now: Now) -> Stop {
        Stop::Clock { limit: self.clock_limit, processor: self.used(now) }
    }
}

/// Processor time budget for all runs of one trial: the trial itself, its reruns for checks, and the recording. A trial
/// that times out is not rerun, so that a timeout is paid once.
///
/// The budget is twice the trial's limit, and four times if calls are reported in each run (traces, checks).
#[derive(Debug)]
pub struct TrialTime {
    most: Duration,
    used: Mutex<Duration>,
}

impl TrialTime {
    /// Creates the budget of a trial with these limits, with or without reported calls.
    pub fn new(limits: &Limits, reported: bool) -> Self {
        let times = if reported { REPORTED_TRIAL } else { TRIAL };
        Self { most: limits.timeout.saturating_mul(times), used: Mutex::default() }
    }

    /// Returns the remaining processor time.
    pub fn left(&self) -> Duration {
        self.most.saturating_sub(*self.used.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Subtracts the time of a run.
    pub(crate) fn add(&self, time: Duration) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_add(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn watch(limit: Duration, clock: Duration) -> (Watch, Now) {
        let limits = Limits { timeout: limit, clock: Some(clock), ..Limits::default() };
        let mut watch = Watch::new(&limits);
        let now = Now { thread: thread::current().id(), processor: Some(7 * SECOND), clock: Instant::now() };
        watch.start(now);
        (watch, now)
    }

    fn later(now: Now, processor: u32, clock: u32) -> Now {
        let processor = now.processor.map(|before| before + processor * SECOND);
        Now { processor, clock: now.clock + clock * SECOND, ..now }
    }

    #[test]
    fn processor_time_limit_ignores_waiting() {
        let (mut watch, begin) = watch(10 * SECOND, 100 * SECOND);
        assert_eq!(watch.is_over(later(begin, 9, 99)), Ok(false));
        assert_eq!(watch.is_over(later(begin, 10, 99)), Ok(true));
        assert_eq!(watch.is_over(later(begin, 10, 1000)), Ok(true));
    }

    #[test]
    fn wall_clock_limit_ends_a_waiting_run() {
        let (mut watch, begin) = watch(10 * SECOND, 100 * SECOND);
        let stop = Stop::Clock { limit: 100 * SECOND, processor: 2 * SECOND };
        assert_eq!(watch.is_over(later(begin, 2, 100)), Err(stop));
    }

    #[test]
    fn wall_clock_time_is_used_without_thread_clocks() {
        let (mut watch, begin) = watch(10 * SECOND, 100 * SECOND);
        let begin = Now { processor: None, ..begin };
        watch.start(begin);
        assert_eq!(watch.is_over(later(begin, 0, 9)), Ok(false));
        assert_eq!(watch.is_over(later(begin, 0, 10)), Ok(true));
    }

    #[test]
    fn run_keeps_its_processor_time_across_threads() {
        let (mut watch, begin) = watch(10 * SECOND, 100 * SECOND);
        watch.used(later(begin, 6, 6));
        let elsewhere = thread::spawn(|| thread::current().id()).join().unwrap();
        let there = Now { thread: elsewhere, processor: Some(100 * SECOND), clock: begin.clock + 6 * SECOND };
        assert_eq!(watch.is_over(there), Ok(false));
        assert_eq!(watch.is_over(later(there, 4, 4)), Ok(true));
    }

    #[test]
    fn all_runs_of_a_trial_share_its_time_budget() {
        let limits = Limits { timeout: 10 * SECOND, ..Limits::default() };
        let time = TrialTime::new(&limits, false);
        assert_eq!(time.left(), 20 * SECOND);
        time.add(15 * SECOND);
        assert_eq!(time.left(), 5 * SECOND);
        time.add(Duration::MAX);
        assert_eq!(time.left(), Duration::ZERO);
        assert_eq!(TrialTime::new(&limits, true).left(), 40 * SECOND);
        let endless = Limits { timeout: Duration::MAX, ..limits };
        assert_eq!(TrialTime::new(&endless, true).left(), Duration::MAX);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn sleeping_thread_uses_no_processor_time() {
        let before = Now::look();
        thread::sleep(Duration::from_millis(50));
        let after = Now::look();
        assert!(after.clock - before.clock >= Duration::from_millis(50));
        assert!(after.processor.unwrap() - before.processor.unwrap() < Duration::from_millis(50));
    }
}
