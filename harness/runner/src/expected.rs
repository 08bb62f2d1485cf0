//! Known failures: which trials must fail, and in which way.

use std::collections::BTreeSet;

use polyfill_build::case::Case;
use polyfill_build::failing::{FailureKind, FailureKinds, With};
use polyfill_build::index::{Cell, Stage};
use polyfill_build::reference;

use crate::compare::{Mismatch, Stream, compare};
use crate::observation::{Observation, Outcome};

/// A failure that a cell must show.
pub(crate) struct MustFail<'a> {
    /// The reason.
    pub reason: String,
    with: Expected<'a>,
}

/// The way in which it must fail.
enum Expected<'a> {
    /// By a difference of a run, whichever.
    Run,
    /// By differences of these kinds.
    Kinds(&'a FailureKinds),
    /// With these values, which the case has in place of its own.
    Actual(Box<Case>),
}

/// A failure by another way than the expected one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherFailure {
    /// The expected way.
    pub expected: String,
    /// The actual one.
    pub actual: String,
}

/// The failure that a cell must show, if there is one: its adapter has the bug that the case detects, or the case says so of
/// the cell. An invalid requirement on versions is reported where the case is read.
pub(crate) fn must_fail<'a>(case: &'a Case, cell: &Cell) -> Option<MustFail<'a>> {
    if let Some(fails) = case.must_fail_on(&cell.adapter, &cell.host) {
        let with = match &fails.with {
            None => Expected::Run,
            Some(With::Kinds(kinds)) => Expected::Kinds(kinds),
            Some(With::Actual(actual)) => Expected::Actual(Box::new(case.with(actual))),
        };
        return Some(MustFail { reason: fails.reason.clone(), with });
    }
    let (bug, release) = (case.bug.as_ref()?, release(cell)?);
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
        // A case that expects no check is checked only if the command line asks for it; that is judged elsewhere.
        others.retain(|other| !matches!(other, Mismatch::Violation(_)) || mismatches.contains(other));
        if others.is_empty() && has_looked(observation, mismatches) {
            return Ok(());
        }
        let also = others.iter().map(|other| word(other, observation)).collect::<BTreeSet<_>>();
        let actual = match also.is_empty() {
            true => observation.outcome.to_string(),
            false => format!("other values: {}", list(also)),
        };
        Err(OtherFailure { expected: "the values of `fails.with`".into(), actual })
    }
}

/// Compares an actual failure with the kinds that are expected of it; without kinds, with any difference of a run.
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
    let expected = kinds.map_or_else(|| "a difference of a run that came to its end".to_string(), ToString::to_string);
    let actual = mismatches.iter().map(|mismatch| word(mismatch, observation)).collect();
    Err(OtherFailure { expected, actual: list(actual) })
}

/// Whether something was run, or encoded, and all of it could be compared.
fn has_looked(observation: &Observation, mismatches: &[Mismatch]) -> bool {
    let was_made = !matches!(
        observation.outcome,
        Outcome::NotRun(_) | Outcome::HostFailed(_) | Outcome::NotBuilt { stage: Stage::Case | Stage::Compile, .. }
    );
    let outcome = |mismatch: &&Mismatch| !matches!(mismatch, Mismatch::Outcome { .. });
    was_made && mismatches.iter().filter(outcome).all(|mismatch| kind(mismatch, observation).is_some())
}

/// The kind of a failure; nothing where there was no run, or nothing could be compared.
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
        Mismatch::HandlesLeft { seen: Some(_), .. } => FailureKind::HandlesLeft,
        Mismatch::Violation(_) => FailureKind::Sanitize,
        Mismatch::Imports { .. } => FailureKind::Imports,
        Mismatch::UnwantedImports { .. } => FailureKind::NoImports,
        Mismatch::Files { .. } => FailureKind::Files,
        Mismatch::Versions { .. } => FailureKind::OneVersion,
        Mismatch::PagesGrown { .. } => FailureKind::PagesGrown,
        Mismatch::Returned { note: Some(_), .. }
        | Mismatch::HandlesLeft { seen: None, .. }
        | Mismatch::CallsNotRecorded
        | Mismatch::NothingChecked { .. }
        | Mismatch::OtherFailure(_)
        | Mismatch::Unreadable { .. } => return None,
    })
}

/// A difference, in a word or two.
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
        (None, Mismatch::NothingChecked { .. }) => "`sanitize` had nothing to check".to_string(),
        (None, Mismatch::CallsNotRecorded) => "`host-calls` cannot be compared on this host".to_string(),
        (None, Mismatch::HandlesLeft { .. }) => "`handles-left` cannot be compared on this host".to_string(),
        (None, Mismatch::Unreadable { key, .. }) => format!("`{key}` cannot be compared"),
        (None, _) => "what cannot be compared".to_string(),
    }
}

fn list(words: BTreeSet<String>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}

/// The release of the reference adapters that a cell goes through: that of the first one in its stack.
pub(crate) fn release(cell: &Cell) -> Option<&'static reference::Release> {
    let references = cell.adapter.split('+').filter_map(|word| reference::find(word)?.ok());
    references.map(|reference| reference.release).next()
}

#[cfg(test)]
mod tests {
    use polyfill_build::case::LimitName;

    use super::*;
    use crate::observation::TrapInfo;

    fn ways(outcome: Outcome, expect: &str, with: &str) -> Result<(), OtherFailure> {
        let case: Case =
            toml::from_str(&format!("expect = {expect}\n[[fails]]\ncells = '*'\nreason = 'r'\n{with}")).unwrap();
        let mut observation = Observation::of(outcome);
        observation.stdout = b"seen".to_vec();
        let mismatches = compare(&case, &observation);
        assert!(!mismatches.is_empty(), "{expect}");
        let (guest, case_name) = ("g".to_string(), "c".to_string());
        let (adapter, host) = ("none".to_string(), "wasi".to_string());
        let artifact = polyfill_build::index::Artifact::Ignored(String::new());
        let cell = Cell { guest, case: case_name, adapter, host, artifact, sanitize: None };
        must_fail(&case, &cell).unwrap().judge(&observation, &mismatches)
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
    fn without_a_way_any_difference_of_a_run_is_expected_and_nothing_else() {
        for outcome in [Outcome::Returned, Outcome::Exit(3), trap()] {
            assert_eq!(ways(outcome, "{ exit = 1 }", ""), Ok(()));
        }
        let stages = [Stage::Case, Stage::Compile, Stage::Adapter, Stage::Encode].map(not_built);
        let others = [
            limit(),
            Outcome::Timeout { used: None, milliseconds: 1, frames: Vec::new() },
            Outcome::NotRun("why".into()),
            Outcome::HostFailed("why".into()),
        ];
        for outcome in stages.into_iter().chain(others) {
            let other = ways(outcome.clone(), "{ exit = 1 }", "").unwrap_err();
            assert!(!other.actual.is_empty(), "{outcome}");
        }
    }

    #[test]
    fn every_difference_is_of_an_expected_kind() {
        let with = |kinds: &str| ways(Outcome::Exit(3), "{ exit = 1, stdout = 'other' }", &format!("with = {kinds}"));
        assert_eq!(with("['exit', 'stdout', 'trap']"), Ok(()));
        for kinds in ["'exit'", "'stdout'", "['trap', 'stdout']", "'error'", "'limit'"] {
            let other = with(kinds).unwrap_err();
            assert_eq!(other.actual, "`exit` (exit 3), `stdout`", "{kinds}");
        }
    }

    #[test]
    fn an_encoding_that_fails_and_a_limit_are_expected_by_name_only() {
        assert_eq!(ways(not_built(Stage::Encode), "{ exit = 1 }", "with = 'error'"), Ok(()));
        assert_eq!(ways(limit(), "{ exit = 1 }", "with = 'limit'"), Ok(()));
        for stage in [Stage::Case, Stage::Compile, Stage::Adapter] {
            assert!(ways(not_built(stage), "{ exit = 1 }", "with = ['error', 'limit', 'exit']").is_err());
        }
        assert!(
            ways(Outcome::NotRun("why".into()), "{ exit = 1 }", "with = ['error', 'limit', 'exit', 'trap']").is_err()
        );
    }

    #[test]
    fn actual_values_are_met_in_place_of_the_cases_own() {
        let with =
            |outcome, actual: &str| ways(outcome, "{ exit = 1, stdout = 'other' }", &format!("with = {{ {actual} }}"));
        assert_eq!(with(Outcome::Exit(3), "exit = 3, stdout = 'seen'"), Ok(()));
        assert_eq!(with(trap(), "trap = 'unreachable', stdout = 'seen'"), Ok(()));
        assert_eq!(with(limit(), "limit = 'fuel', stdout = 'seen'"), Ok(()));
        assert!(with(Outcome::Exit(3), "exit = 3").is_err());
        assert!(with(Outcome::Exit(3), "stdout = 'seen'").is_err());
        assert!(with(trap(), "exit = 3, stdout = 'seen'").is_err());
        assert!(with(Outcome::NotRun("why".into()), "stdout = ''").is_err());
    }
}
