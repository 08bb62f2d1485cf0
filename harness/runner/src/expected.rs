//! Expected failures: trials that must fail, and the required failure.

use std::collections::BTreeSet;

use polyfill_builder::case::Case;
use polyfill_builder::failing::{ExpectedFailure, FailureKind, FailureKinds};
use polyfill_builder::index::{Stage, Trial};
use polyfill_builder::reference;

use crate::compare::{Mismatch, Stream, compare};
use crate::observation::{Observation, Outcome};

/// Expected failure of a trial.
pub(crate) struct MustFail<'a> {
    /// Reason for the expectation.
    pub reason: String,
    with: Expected<'a>,
}

/// Required kind of failure.
enum Expected<'a> {
    /// Any difference of a completed run.
    Run,
    /// Differences of these kinds.
    Kinds(&'a FailureKinds),
    /// Actual values equal to these, which replace the case's own expectations.
    Actual(Box<Case>),
}

/// Failure that differs from the expected one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherFailure {
    /// Description of the expected failure.
    pub expected: String,
    /// Description of the actual failure.
    pub actual: String,
}

/// Returns the expected failure of a trial: its adapter has the bug that the case detects, or the case declares it.
/// Invalid version requirements are reported when the case is read.
pub(crate) fn must_fail<'a>(case: &'a Case, trial: &Trial) -> Option<MustFail<'a>> {
    if let Some(fails) = case.must_fail_on(&trial.adapter, &trial.host) {
        let with = match &fails.with {
            None => Expected::Run,
            Some(ExpectedFailure::Kinds(kinds)) => Expected::Kinds(kinds),
            Some(ExpectedFailure::Actual(actual)) => Expected::Actual(Box::new(case.with(actual))),
        };
        return Some(MustFail { reason: fails.reason.clone(), with });
    }
    let (bug, release) = (case.bug.as_ref()?, release(trial)?);
    let present = matches!(bug.is_in(&release.semver()), Ok(Some(true)));
    present.then(|| MustFail {
        reason: format!("release {} has the bug {} (`bug.present`)", release.version, bug.id),
        with: bug.with.as_ref().map_or(Expected::Run, Expected::Kinds),
    })
}

impl MustFail<'_> {
    /// Compares the actual failure with the expected one.
    pub(crate) fn judge(&self, observation: &Observation, mismatches: &[Mismatch]) -> Result<(), OtherFailure> {
        let Expected::Actual(case) = &self.with else {
            let kinds = if let Expected::Kinds(kinds) = &self.with { Some(*kinds) } else { None };
            return judge(kinds, observation, mismatches);
        };
        let mut others = compare(case, observation);
        // A case without `sanitize` is checked only on request of the command line; its violations are judged in
        // `cell`.
        others.retain(|other| !matches!(other, Mismatch::Violation(_)) || mismatches.contains(other));
        if others.is_empty() && has_checked(observation, mismatches) {
            return Ok(());
        }
        let also = others.iter().map(|other| word(other, observation)).collect::<BTreeSet<_>>();
        let actual =
            if also.is_empty() { observation.outcome.to_string() } else { format!("different values: {}", list(also)) };
        Err(OtherFailure { expected: "the values in `xfail.with`".into(), actual })
    }
}

/// Compares an actual failure with the expected kinds; without kinds, accepts any difference of a completed run.
pub(crate) fn judge(
    kinds: Option<&FailureKinds>,
    observation: &Observation,
    mismatches: &[Mismatch],
) -> Result<(), OtherFailure> {
    let fits = |mismatch: &Mismatch| match (kind(mismatch, observation), kinds) {
        (Some(kind), Some(kinds)) => kinds.kinds().contains(&kind),
        (Some(FailureKind::Error | FailureKind::Limit) | None, _) => false,
        (Some(_), None) => true,
    };
    if mismatches.iter().all(fits) {
        return Ok(());
    }
    let expected = kinds.map_or_else(|| "a difference of a completed run".to_string(), ToString::to_string);
    let actual = mismatches.iter().map(|mismatch| word(mismatch, observation)).collect();
    Err(OtherFailure { expected, actual: list(actual) })
}

/// Returns true if something was run or encoded, and all expectations could be evaluated.
fn has_checked(observation: &Observation, mismatches: &[Mismatch]) -> bool {
    let was_made = !matches!(
        observation.outcome,
        Outcome::NotRun(_) | Outcome::HostFailed(_) | Outcome::NotBuilt { stage: Stage::Case | Stage::Compile, .. }
    );
    let outcome = |mismatch: &&Mismatch| !matches!(mismatch, Mismatch::Outcome { .. });
    was_made && mismatches.iter().filter(outcome).all(|mismatch| kind(mismatch, observation).is_some())
}

/// Returns the kind of a failure; `None` if nothing was run, or an expectation could not be evaluated.
fn kind(mismatch: &Mismatch, observation: &Observation) -> Option<FailureKind> {
    Some(match mismatch {
        Mismatch::Outcome { .. } => match &observation.outcome {
            Outcome::Returned | Outcome::Exit(_) => FailureKind::Exit,
            Outcome::Trap(_) | Outcome::HostError(_) => FailureKind::Trap,
            Outcome::Timeout { .. } | Outcome::Limit { .. } => FailureKind::Limit,
            Outcome::NotBuilt { stage: Stage::Encode, .. } => FailureKind::Error,
            Outcome::NotBuilt { stage: Stage::Case | Stage::Compile | Stage::Adapter, .. }
            | Outcome::HostFailed(_)
            | Outcome::NotRun(_) => return None,
        },
        Mismatch::Bytes { stream, .. } => match stream {
            Stream::Stdout => FailureKind::Stdout,
            Stream::Stderr => FailureKind::Stderr,
            Stream::Error => FailureKind::Error,
            Stream::CoreCalls => FailureKind::CoreCalls,
            Stream::Trace => FailureKind::Trace,
        },
        Mismatch::Backtrace { .. } => FailureKind::Backtrace,
        Mismatch::Returned { note: None, .. } => FailureKind::Returns,
        Mismatch::Printed { .. } => FailureKind::Prints,
        Mismatch::HostCalls { .. } | Mismatch::NoSuchCall { .. } | Mismatch::UnwantedCall { .. } => {
            FailureKind::HostCalls
        }
        Mismatch::HandlesLeft { actual: Some(_), .. } => FailureKind::HandlesLeft,
        Mismatch::Violation(_) => FailureKind::Sanitize,
        Mismatch::Imports { .. } => FailureKind::Imports,
        Mismatch::UnwantedImports { .. } => FailureKind::NoImports,
        Mismatch::Files { .. } => FailureKind::Files,
        Mismatch::Versions { .. } => FailureKind::OneVersion,
        Mismatch::PagesGrown { .. } => FailureKind::PagesGrown,
        Mismatch::Returned { note: Some(_), .. }
        | Mismatch::HandlesLeft { actual: None, .. }
        | Mismatch::CallsNotRecorded
        | Mismatch::NothingChecked { .. }
        | Mismatch::OtherFailure(_)
        | Mismatch::Unreadable { .. } => return None,
    })
}

/// Describes a difference in a few words.
fn word(mismatch: &Mismatch, observation: &Observation) -> String {
    match (kind(mismatch, observation), mismatch) {
        (Some(FailureKind::Trap | FailureKind::Limit | FailureKind::Exit), Mismatch::Outcome { .. })
        | (None, Mismatch::Outcome { .. }) => {
            let outcome = observation.outcome.to_string();
            let first = outcome.lines().next().unwrap_or_default().trim_end_matches(':').to_string();
            match kind(mismatch, observation) {
                Some(kind) => format!("`{kind}` ({first})"),
                None => first,
            }
        }
        (Some(kind), _) => format!("`{kind}`"),
        (None, Mismatch::NothingChecked { .. }) => "`sanitize` checked nothing".to_string(),
        (None, Mismatch::CallsNotRecorded) => "`host-calls` cannot be compared on this host".to_string(),
        (None, Mismatch::HandlesLeft { .. }) => "`handles-left` cannot be compared on this host".to_string(),
        (None, Mismatch::Unreadable { key, .. }) => format!("`{key}` cannot be compared"),
        (None, _) => "an expectation that cannot be evaluated".to_string(),
    }
}

fn list(words: BTreeSet<String>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}

/// Returns the release of the reference adapters that a trial uses: that of the first one in its adapter chain.
pub(crate) fn release(trial: &Trial) -> Option<&'static reference::Release> {
    let references = trial.adapter.split('+').filter_map(|word| reference::find(word)?.ok());
    references.map(|reference| reference.release).next()
}

#[cfg(test)]
mod tests {
    use polyfill_builder::case::LimitName;

    use super::*;
    use crate::observation::TrapInfo;

    fn judged(outcome: Outcome, expect: &str, with: &str) -> Result<(), OtherFailure> {
        let case: Case =
            toml::from_str(&format!("expect = {expect}\n[[xfail]]\ntrials = '*'\nreason = 'r'\n{with}")).unwrap();
        let mut observation = Observation::of(outcome);
        observation.stdout = b"seen".to_vec();
        let mismatches = compare(&case, &observation);
        assert!(!mismatches.is_empty(), "{expect}");
        let (guest, case_name) = ("g".to_string(), "c".to_string());
        let (adapter, host) = ("none".to_string(), "wasi".to_string());
        let artifact = polyfill_builder::index::Artifact::Ignored(String::new());
        let trial = Trial { guest, case: case_name, adapter, host, artifact, sanitize: None };
        must_fail(&case, &trial).unwrap().judge(&observation, &mismatches)
    }

    fn trap() -> Outcome {
        Outcome::Trap(TrapInfo { message: "wasm `unreachable` instruction executed".into(), frames: Vec::new() })
    }

    fn not_built(stage: Stage) -> Outcome {
        Outcome::NotBuilt { stage, message: "m".into() }
    }

    fn limit() -> Outcome {
        Outcome::Limit { limit: LimitName::Fuel, message: "m".into() }
    }

    #[test]
    fn without_kinds_only_differences_of_completed_runs_are_expected() {
        for outcome in [Outcome::Returned, Outcome::Exit(3), trap()] {
            assert_eq!(judged(outcome, "{ exit = 1 }", ""), Ok(()));
        }
        let stages = [Stage::Case, Stage::Compile, Stage::Adapter, Stage::Encode].map(not_built);
        let others = [
            limit(),
            Outcome::Timeout { used: None, milliseconds: 1, frames: Vec::new() },
            Outcome::NotRun("why".into()),
            Outcome::HostFailed("why".into()),
        ];
        for outcome in stages.into_iter().chain(others) {
            let other = judged(outcome.clone(), "{ exit = 1 }", "").unwrap_err();
            assert!(!other.actual.is_empty(), "{outcome}");
        }
    }

    #[test]
    fn every_difference_must_be_of_an_expected_kind() {
        let with = |kinds: &str| judged(Outcome::Exit(3), "{ exit = 1, stdout = 'other' }", &format!("with = {kinds}"));
        assert_eq!(with("['exit', 'stdout', 'trap']"), Ok(()));
        for kinds in ["'exit'", "'stdout'", "['trap', 'stdout']", "'error'", "'limit'"] {
            let other = with(kinds).unwrap_err();
            assert_eq!(other.actual, "`exit` (exit 3), `stdout`", "{kinds}");
        }
    }

    #[test]
    fn encoding_errors_and_limits_are_expected_only_by_name() {
        assert_eq!(judged(not_built(Stage::Encode), "{ exit = 1 }", "with = 'error'"), Ok(()));
        assert_eq!(judged(limit(), "{ exit = 1 }", "with = 'limit'"), Ok(()));
        for stage in [Stage::Case, Stage::Compile, Stage::Adapter] {
            assert!(judged(not_built(stage), "{ exit = 1 }", "with = ['error', 'limit', 'exit']").is_err());
        }
        assert!(
            judged(Outcome::NotRun("why".into()), "{ exit = 1 }", "with = ['error', 'limit', 'exit', 'trap']").is_err()
        );
    }

    #[test]
    fn values_in_xfail_replace_expectations_of_the_case() {
        let with = |outcome, actual: &str| {
            judged(outcome, "{ exit = 1, stdout = 'other' }", &format!("with = {{ {actual} }}"))
        };
        assert_eq!(with(Outcome::Exit(3), "exit = 3, stdout = 'seen'"), Ok(()));
        assert_eq!(with(trap(), "trap = 'unreachable', stdout = 'seen'"), Ok(()));
        assert_eq!(with(limit(), "limit = 'fuel', stdout = 'seen'"), Ok(()));
        assert!(with(Outcome::Exit(3), "exit = 3").is_err());
        assert!(with(Outcome::Exit(3), "stdout = 'seen'").is_err());
        assert!(with(trap(), "exit = 3, stdout = 'seen'").is_err());
        assert!(with(Outcome::NotRun("why".into()), "stdout = ''").is_err());
    }
}
