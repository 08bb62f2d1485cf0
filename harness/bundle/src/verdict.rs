//! What has to be seen again of a recorded run: what made its trial fail, and what a replay can see of that.

use polyfill_runner::{Failed, FailedKind, Observation, Outcome, compare, written};

use crate::format::{About, Bundle};

/// What a run can be asked for, by what there was to see it with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sight {
    /// A host, which has files and keeps output and handles.
    host: bool,
    /// Its calls are kept for the case.
    calls: bool,
    /// The calls across the component boundary, from which output is read.
    output: bool,
    /// The same for the output of each call.
    printed: bool,
    /// Checks of calls across the core boundary.
    checks: bool,
}

impl Sight {
    /// That of a run on a host.
    pub(crate) fn on_host(observation: &Observation) -> Self {
        let calls = observation.calls_recorded;
        Self { host: true, calls, output: true, printed: true, checks: false }
    }

    /// That of a replay from the trace alone, in which output is put that its calls tell of. What cannot be read from the
    /// calls of the recorded run is not looked for; `None` if it can only not be read from those of the replay.
    pub(crate) fn of_replay(bundle: &Bundle, observation: &mut Observation) -> Option<Self> {
        let About { stdout, stderr, returned, sanitize, .. } = &bundle.about;
        let mut sight = Self { host: false, calls: false, output: false, printed: false, checks: sanitize.is_some() };
        let Some(recorded) = written(&bundle.trace) else { return Some(sight) };
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

    /// Whether that would be seen.
    pub(crate) fn sees(&self, failed: &Failed) -> bool {
        match failed.kind {
            FailedKind::Outcome | FailedKind::Backtrace | FailedKind::Returned | FailedKind::PagesGrown => true,
            FailedKind::Stdout | FailedKind::Stderr => self.output,
            FailedKind::Printed => self.printed,
            FailedKind::Files | FailedKind::HandlesLeft => self.host,
            FailedKind::HostCalls => self.calls,
            // Those that take a second run are not.
            FailedKind::Violation => {
                self.checks && !matches!(failed.seen.as_deref(), Some("unwritten" | "uninitialized"))
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

    /// What the case finds wrong with a run, as far as it can be seen.
    pub(crate) fn failed(&self, bundle: &Bundle, observation: &Observation) -> Vec<Failed> {
        let mut failed = Failed::all(&compare(&bundle.about.case, observation), observation);
        failed.retain(|failed| self.sees(failed));
        failed
    }
}

/// What made the trial fail; `None` if the bundle does not say. Those that older versions have recorded say it as far as the case
/// can be held against what they have.
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

/// Whether all of `wanted` is among `seen`.
pub(crate) fn includes(seen: &[Failed], wanted: &[Failed]) -> bool {
    wanted.iter().all(|wanted| seen.contains(wanted))
}

/// Whether a run fails as the recorded one did. A smaller guest may lack more than that, and violations that nobody has recorded
/// may be accepted ones; but what did not fail must not fail.
pub(crate) fn is_same(recorded: &[Failed], seen: &[Failed]) -> bool {
    includes(seen, recorded) && (!recorded.is_empty() || seen.iter().all(|failed| failed.kind == FailedKind::Violation))
}

/// What a smaller run has to keep.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    /// What made the trial fail, of which each is seen in replays.
    pub(crate) failed: Vec<Failed>,
    /// All calls across the component boundary, too. Why.
    pub(crate) calls: Option<String>,
    /// Standard error, which says why the program ended itself.
    pub(crate) stderr: Option<Vec<u8>>,
}

impl Kept {
    /// Of a run that has been seen again in full.
    pub(crate) fn of(bundle: &Bundle, sight: Sight, observation: &Observation) -> Self {
        let mut kept = Self::default();
        let failed = match recorded(&bundle.about) {
            None => {
                kept.calls = Some("the recording does not say what made the trial fail".into());
                return kept;
            }
            Some(failed) if failed.is_empty() => {
                kept.calls = Some("the trial did not fail".into());
                return kept;
            }
            Some(failed) => failed,
        };
        let unseen = failed.iter().find(|failed| !sight.sees(failed));
        kept.calls = unseen.map(|failed| format!("no replay shows the {}", failed.kind));
        let ends = failed.iter().any(|failed| failed.kind == FailedKind::Outcome)
            && matches!(observation.outcome, Outcome::Exit(_));
        if ends && sight.has_output() && !observation.stderr.is_empty() {
            kept.stderr = Some(observation.stderr.clone());
        }
        kept.failed = failed.into_iter().filter(|failed| sight.sees(failed)).collect();
        kept
    }

    /// Whether another run shows all of it, but for the calls and the outcome.
    pub(crate) fn is_in(&self, failed: &[Failed], observation: &Observation) -> bool {
        includes(failed, &self.failed) && self.stderr.as_ref().is_none_or(|stderr| *stderr == observation.stderr)
    }
}

/// One line: what was kept.
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

/// Puts what made the trial fail in place of the report, which shows the calls and the backtrace of the larger run.
pub(crate) fn renew(about: &mut About) {
    match recorded(about) {
        None => about.verdict = format!("before anything was left out:\n{}", about.verdict),
        Some(failed) => {
            let texts: Vec<String> = failed.iter().map(ToString::to_string).collect();
            about.verdict = texts.join("\n\n");
            about.failed = Some(failed);
        }
    }
}
