//! Failures that a replay must reproduce, and those that it can observe.

use polyfill_runner::{Failed, FailedKind, Observation, Outcome, compare, written};

use crate::format::{About, Recording};

/// Properties of a run that can be observed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sight {
    /// Set for a run on a host: files and handles.
    host: bool,
    /// Host calls as the case records them.
    calls: bool,
    /// Output, read from the calls across the component boundary.
    output: bool,
    /// Output of each call.
    printed: bool,
    /// Sanitizer checks of the calls across the core boundary.
    checks: bool,
}

impl Sight {
    /// Returns the observable properties of a run on a host.
    pub(crate) fn on_host(observation: &Observation) -> Self {
        let calls = observation.calls_recorded;
        Self { host: true, calls, output: true, printed: true, checks: false }
    }

    /// Returns the observable properties of a replay from the trace, and fills in the output that the calls contain.
    /// Excludes output that cannot be read from the recorded calls. Returns `None` if the output can be read from the
    /// recorded calls, but not from the replayed ones.
    pub(crate) fn of_replay(recording: &Recording, observation: &mut Observation) -> Option<Self> {
        let About { stdout, stderr, returned, sanitize, .. } = &recording.about;
        let mut sight = Self { host: false, calls: false, output: false, printed: false, checks: sanitize.is_some() };
        let Some(recorded) = written(&recording.trace) else { return Some(sight) };
        if recorded.stdout != *stdout || recorded.stderr != *stderr {
            return Some(sight);
        }
        let now = observation.trace.as_ref().and_then(written)?;
        sight.output = true;
        (observation.stdout, observation.stderr) = (now.stdout, now.stderr);
        let printed = returned.iter().map(|returned| &returned.printed);
        sight.printed =
            recorded.by_export.len() >= returned.len() && printed.eq(recorded.by_export.iter().take(returned.len()));
        for (returned, printed) in observation.returned.iter_mut().zip(now.by_export).filter(|_| sight.printed) {
            returned.printed = printed;
        }
        Some(sight)
    }

    /// Returns true if the failure is observable.
    pub(crate) fn sees(&self, failed: &Failed) -> bool {
        match failed.kind {
            FailedKind::Outcome | FailedKind::Backtrace | FailedKind::Returned | FailedKind::PagesGrown => true,
            FailedKind::Stdout | FailedKind::Stderr => self.output,
            FailedKind::Printed => self.printed,
            FailedKind::Files | FailedKind::HandlesLeft => self.host,
            FailedKind::HostCalls => self.calls,
            // Violations that require a second run are not observable.
            FailedKind::Violation => {
                self.checks && !matches!(failed.actual.as_deref(), Some("unwritten" | "uninitialized"))
            }
            FailedKind::Error
            | FailedKind::CoreCalls
            | FailedKind::Trace
            | FailedKind::Imports
            | FailedKind::Versions
            | FailedKind::Unreadable => false,
        }
    }

    pub(crate) fn has_output(&self) -> bool {
        self.output
    }

    /// Returns the observable failures of a run.
    pub(crate) fn failed(&self, recording: &Recording, observation: &Observation) -> Vec<Failed> {
        let mut failed = Failed::all(&compare(&recording.about.case, observation), observation);
        failed.retain(|failed| self.sees(failed));
        failed
    }
}

/// Returns the recorded failures, or `None` if the recording does not contain them. For older recordings they are
/// computed from the case and the recorded outputs.
pub(crate) fn recorded(about: &About) -> Option<Vec<Failed>> {
    if about.failed.is_some() || about.verdict.is_empty() {
        return Some(about.failed.clone().unwrap_or_default());
    }
    let observation = Observation {
        returned: about.returned.clone(),
        stdout: about.stdout.clone(),
        stderr: about.stderr.clone(),
        ..Observation::of(about.outcome.clone())
    };
    let mut failed = Failed::all(&compare(&about.case, &observation), &observation);
    let sight = Sight { host: false, calls: false, output: true, printed: true, checks: false };
    failed.retain(|failed| sight.sees(failed) && failed.kind != FailedKind::PagesGrown);
    Some(failed).filter(|failed| !failed.is_empty())
}

/// Returns true if `actual` contains all of `wanted`.
pub(crate) fn includes(actual: &[Failed], wanted: &[Failed]) -> bool {
    wanted.iter().all(|wanted| actual.contains(wanted))
}

/// Returns true if a run fails in the same way as the recorded one. Additional failures are accepted, because a
/// smaller guest may lack more output. If the recorded run did not fail, only violations are accepted, because they
/// may be known ones.
pub(crate) fn is_same(recorded: &[Failed], actual: &[Failed]) -> bool {
    includes(actual, recorded)
        && (!recorded.is_empty() || actual.iter().all(|failed| failed.kind == FailedKind::Violation))
}

/// Properties that shrinking preserves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    /// Failures of the trial, all observable in replays.
    pub(crate) failed: Vec<Failed>,
    /// Reason for preserving all calls across the component boundary, if they are preserved.
    pub(crate) calls: Option<String>,
    /// Standard error, which contains the reason of an exit.
    pub(crate) stderr: Option<Vec<u8>>,
}

impl Kept {
    /// Returns the properties to preserve for a run that a replay has reproduced in full.
    pub(crate) fn of(recording: &Recording, sight: Sight, observation: &Observation) -> Self {
        let mut kept = Self::default();
        let failed = match recorded(&recording.about) {
            None => {
                kept.calls = Some("the recording does not contain the failures of the trial".into());
                return kept;
            }
            Some(failed) if failed.is_empty() => {
                kept.calls = Some("the trial did not fail".into());
                return kept;
            }
            Some(failed) => failed,
        };
        let unseen = failed.iter().find(|failed| !sight.sees(failed));
        kept.calls = unseen.map(|failed| format!("a replay cannot reproduce the {}", failed.kind));
        let ends = failed.iter().any(|failed| failed.kind == FailedKind::Outcome)
            && matches!(observation.outcome, Outcome::Exit(_));
        if ends && sight.has_output() && !observation.stderr.is_empty() {
            kept.stderr = Some(observation.stderr.clone());
        }
        kept.failed = failed.into_iter().filter(|failed| sight.sees(failed)).collect();
        kept
    }

    /// Returns true if another run has all these properties. Calls and outcome are not compared.
    pub(crate) fn is_in(&self, failed: &[Failed], observation: &Observation) -> bool {
        includes(failed, &self.failed) && self.stderr.as_ref().is_none_or(|stderr| *stderr == observation.stderr)
    }
}

/// Formats the preserved properties on one line.
impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the outcome")?;
        for failed in self.failed.iter().filter(|failed| failed.kind != FailedKind::Outcome) {
            let comma = if failed.at.is_empty() { "" } else { ", " };
            write!(f, "; {}{comma}{}", failed.kind, failed.at)?;
        }
        if self.stderr.is_some() {
            write!(f, "; stderr")?;
        }
        match &self.calls {
            Some(why) => write!(f, "; all results and all calls of the host ({why})"),
            None => Ok(()),
        }
    }
}

/// Replaces the report with the recorded failures. The report contains the calls and the backtrace of the larger run.
pub(crate) fn renew(about: &mut About) {
    match recorded(about) {
        None => about.verdict = format!("before shrinking:\n{}", about.verdict),
        Some(failed) => {
            let texts: Vec<String> = failed.iter().map(ToString::to_string).collect();
            about.verdict = texts.join("\n\n");
            about.failed = Some(failed);
        }
    }
}
