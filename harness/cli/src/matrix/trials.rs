//! Rows of the matrix, from trials: one row per bug, case, adapter chain and host, with the result of every release.

use std::collections::BTreeMap;

use polyfill_builder::case::Bug;
use polyfill_builder::index::{Index, NATIVE, Trial};
use polyfill_builder::reference;
use polyfill_runner::{Mismatch, Outcome, TrialResult, Verdict};

/// One row of the matrix.
pub(super) struct Row {
    pub(super) bug: String,
    pub(super) description: String,
    pub(super) link: Option<String>,
    /// Name: `guest::case`.
    pub(super) case: String,
    /// Adapter chain, without releases.
    pub(super) chain: String,
    pub(super) host: String,
    /// Result of the guest's module without adapters, if the case runs on `native`.
    pub(super) native: Option<Status>,
    /// Results in the order of the releases; `None` for a release without a trial.
    pub(super) releases: Vec<Option<Release>>,
}

/// Expected and actual result of a release.
pub(super) struct Release {
    /// True if the release is known to have the bug, false if it is known not to have it, `None` if unknown.
    pub(super) known: Option<bool>,
    pub(super) status: Status,
}

/// Result of a trial.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Status {
    /// Passed: the bug does not occur.
    Passed,
    /// Failed: the bug occurs, with a description.
    Failed(String),
    /// The trial did not run as expected, with the reason.
    NotRun(String),
    /// No component to run.
    Ignored,
}

/// Returns all rows, sorted by bug.
pub(super) fn rows(index: &Index, results: &[TrialResult]) -> Vec<Row> {
    let mut rows: BTreeMap<(Vec<Part>, String, String, String), Row> = BTreeMap::new();
    let mut native: BTreeMap<String, Status> = BTreeMap::new();
    for (trial, result) in index.trials.iter().zip(results) {
        let case = index.cases.get(&trial.case_key()).map(|entry| &entry.case);
        let status = classify(result, case.and_then(|case| case.bug.as_ref()));
        if trial.host == NATIVE {
            native.insert(trial.case_key(), status);
            continue;
        }
        let Some((case, bug)) = case.and_then(|case| Some((case, case.bug.as_ref()?))) else { continue };
        // Adapters of the suite have no releases.
        let (chain, Some(number)) = without_version(trial) else { continue };
        let row =
            rows.entry((natural(&bug.id), trial.case_key(), chain.clone(), trial.host.clone())).or_insert_with(|| {
                Row {
                    bug: bug.id.clone(),
                    description: case.description.clone().unwrap_or_default(),
                    link: bug.link.clone(),
                    case: trial.case_key(),
                    chain,
                    host: trial.host.clone(),
                    native: None,
                    releases: reference::releases().iter().map(|_| None).collect(),
                }
            });
        let known = bug.is_in(&reference::releases()[number].semver()).ok().flatten();
        row.releases[number] = Some(Release { known, status });
    }
    let mut rows: Vec<Row> = rows.into_values().collect();
    for row in &mut rows {
        row.native = native.get(&row.case).cloned();
    }
    rows
}

/// Returns the adapter chain without the version of its published adapters, and the index of their release.
fn without_version(trial: &Trial) -> (String, Option<usize>) {
    let mut number = None;
    let mut word = |word: &str| {
        if let Some(Ok(found)) = reference::find(word) {
            number = reference::releases().iter().position(|release| release.version == found.release.version);
            return word.split('@').next().unwrap_or(word).to_string();
        }
        word.to_string()
    };
    let words: Vec<String> = trial.adapter.split('+').map(&mut word).collect();
    (words.join("+"), number)
}

/// Classifies a result. A bug shows by a mismatch of the run, or by the kind of failure in `bug.with`.
fn classify(result: &TrialResult, bug: Option<&Bug>) -> Status {
    if matches!(result.verdict, Verdict::Ignored { .. }) {
        return Status::Ignored;
    }
    let Some(observation) = &result.observation else { return Status::Ignored };
    let Some(mismatch) = result.mismatches.first() else { return Status::Passed };
    if let Outcome::NotRun(why) = &observation.outcome {
        return Status::NotRun(why.lines().next().unwrap_or_default().to_string());
    }
    match result.fails_with(bug.and_then(|bug| bug.with.as_ref())) {
        Ok(()) => Status::Failed(how(mismatch, &observation.outcome)),
        Err(other) => {
            let how = how(mismatch, &observation.outcome);
            Status::NotRun(format!("{how} (not the bug, which fails with {})", other.expected))
        }
    }
}

/// Describes a failure on one line: the outcome if it is wrong, otherwise the first mismatch.
fn how(mismatch: &Mismatch, outcome: &Outcome) -> String {
    let first_difference = |expected: &str, actual: &str| {
        let (mut expected, mut actual) = (expected.lines(), actual.lines());
        loop {
            match (expected.next(), actual.next()) {
                (Some(a), Some(b)) if a == b => {}
                (None, None) => return "different end of the last line".to_string(),
                (a, b) => {
                    let shown = |line: Option<&str>| {
                        line.map_or("nothing".to_string(), |line| format!("`{}`", line.escape_debug()))
                    };
                    return format!("{} in place of {}", shown(b), shown(a));
                }
            }
        }
    };
    match mismatch {
        Mismatch::Outcome { .. } => match outcome {
            Outcome::NotBuilt { message, .. } => format!("not built: {}", message.lines().next().unwrap_or_default()),
            outcome => outcome.to_string().lines().next().unwrap_or_default().to_string(),
        },
        Mismatch::Bytes { expected, actual, .. } => {
            first_difference(&String::from_utf8_lossy(expected), &String::from_utf8_lossy(actual))
        }
        Mismatch::Files { expected, actual }
        | Mismatch::HostCalls { expected, actual }
        | Mismatch::Imports { expected, actual } => first_difference(&expected.join("\n"), &actual.join("\n")),
        Mismatch::PagesGrown { expected: [least, most], actual } => {
            format!("{actual} pages more in place of {least} to {most}")
        }
        Mismatch::Returned { invoke, expected, actual, .. } => {
            format!("{invoke} gave {} in place of {expected}", actual.as_deref().unwrap_or("nothing"))
        }
        Mismatch::UnwantedImports { actual, .. } => format!("the component imports {}", actual.join(", ")),
        Mismatch::Versions { namespace, interfaces } => {
            let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (interface, version) in interfaces.iter().filter_map(|interface| interface.split_once('@')) {
                versions.entry(version).or_default().push(interface);
            }
            let shown = |(version, of): (&&str, &Vec<&str>)| match of[..] {
                [one] => format!("{version} of {one}"),
                _ => version.to_string(),
            };
            let versions: Vec<String> = versions.iter().map(shown).collect();
            format!("several versions of `{namespace}`: {}", versions.join(", "))
        }
        other => format!("{other:?}").lines().next().unwrap_or_default().to_string(),
    }
}

/// Part of a name, for natural sorting: `B10` after `B9`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Number(u64),
    Text(String),
}

fn natural(name: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for c in name.chars() {
        match (parts.last_mut(), c.to_digit(10)) {
            (Some(Part::Number(number)), Some(digit)) => {
                *number = number.saturating_mul(10).saturating_add(digit.into())
            }
            (_, Some(digit)) => parts.push(Part::Number(digit.into())),
            (Some(Part::Text(text)), None) => text.push(c),
            (_, None) => parts.push(Part::Text(c.to_string())),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn bugs_sort_by_the_numbers_in_their_names() {
        let mut names = ["L3", "B10", "B9", "C1", "B1", "B"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["B", "B1", "B9", "B10", "C1", "L3"]);
    }
}
