//! Compares an observation with the expectations of its case. Pure: no I/O.

use std::collections::BTreeMap;

use polyfill_builder::case::{Bytes, Call, Case, Expect, Handles, HostCalls, LimitName, SomeCalls};
use polyfill_builder::index::Stage;

use crate::expected::OtherFailure;
use crate::observation::{Observation, Outcome};
use crate::trace::lines;
use crate::violation::Violation;
use crate::{listing, pattern, wave};

/// One difference between expected and actual behavior.
#[derive(Clone, Debug, PartialEq)]
pub enum Mismatch {
    /// The outcome differs.
    Outcome {
        /// Expected outcome.
        expected: String,
    },
    /// Output differs.
    Bytes {
        /// Stream of the output.
        stream: Stream,
        /// Expected bytes.
        expected: Vec<u8>,
        /// Actual bytes.
        actual: Vec<u8>,
        /// Golden file with the expected bytes; `None` if the case file contains them.
        golden: Option<Golden>,
    },
    /// An expected function is missing in the backtrace.
    Backtrace {
        /// All expected functions, innermost first.
        expected: Vec<String>,
        /// Index of the first missing function, from 0.
        missing: usize,
    },
    /// A call returned a different value.
    Returned {
        /// Text of the call.
        invoke: String,
        /// Expected value in WAVE.
        expected: String,
        /// Actual value; `None` if the function has no result.
        actual: Option<String>,
        /// Reason why the expected value is invalid, if it is.
        note: Option<String>,
    },
    /// Calls across the component boundary differ.
    HostCalls {
        /// Expected calls.
        expected: Vec<String>,
        /// Actual calls.
        actual: Vec<String>,
    },
    /// An expected call is missing.
    NoSuchCall {
        /// Expected call, in the case's notation.
        call: String,
        /// Preceding expected call, which was made.
        after: Option<String>,
    },
    /// A forbidden call was made.
    UnwantedCall {
        /// Forbidden call, in the case's notation.
        wanted: String,
        /// Actual call.
        actual: String,
    },
    /// The output of a call differs.
    Printed {
        /// Text of the call.
        invoke: String,
        /// Expected output.
        expected: String,
        /// Actual output.
        actual: Vec<u8>,
    },
    /// The resources that remain in the host's table differ.
    HandlesLeft {
        /// Expected resources.
        expected: Handles,
        /// Number of remaining resources by type; `None` if the host does not report them.
        actual: Option<BTreeMap<String, u64>>,
    },
    /// The case expects calls on a host that records none, or only those that the case answers.
    CallsNotRecorded,
    /// An adapter violated a rule of the sanitizer.
    Violation(Violation),
    /// The imports of the component differ.
    Imports {
        /// Expected functions.
        expected: Vec<String>,
        /// Actual functions.
        actual: Vec<String>,
    },
    /// The component has forbidden imports.
    UnwantedImports {
        /// Forbidden substring of import names.
        word: String,
        /// Imported functions whose names contain it.
        actual: Vec<String>,
    },
    /// The remaining files differ. Both as one line per file.
    Files {
        /// Expected files.
        expected: Vec<String>,
        /// Actual files.
        actual: Vec<String>,
    },
    /// Interfaces of one namespace are imported in several versions.
    Versions {
        /// Name of the namespace.
        namespace: String,
        /// All imported interfaces of the namespace, with versions.
        interfaces: Vec<String>,
    },
    /// Memory growth is out of the expected range.
    PagesGrown {
        /// Minimum and maximum number of pages.
        expected: [u64; 2],
        /// Actual number of pages.
        actual: u64,
    },
    /// The case requires checks of adapters, and nothing was checked.
    NothingChecked {
        /// Reason why nothing was checked.
        why: String,
    },
    /// The trial failed differently from its expected failure.
    OtherFailure(OtherFailure),
    /// An expectation cannot be evaluated.
    Unreadable {
        /// Key of the expectation.
        key: &'static str,
        /// Description of the error.
        message: String,
    },
}

/// File with expected bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Golden {
    /// Path relative to the case file.
    pub file: String,
    /// Set if the file existed when the suite was built.
    pub exists: bool,
}

/// Source of compared bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Message of a failed encoding.
    Error,
    /// Calls across the core boundary, one per line.
    CoreCalls,
    /// Calls across both boundaries, one per line.
    Trace,
}

/// Returns all differences between an observation and its case's expectations.
pub fn compare(case: &Case, observation: &Observation) -> Vec<Mismatch> {
    let expect = &case.expect;
    let mut mismatches = Vec::new();
    if let Some(expected) = other_outcome(expect, observation) {
        mismatches.push(Mismatch::Outcome { expected });
    }
    match &observation.outcome {
        Outcome::NotBuilt { message, .. } => {
            // Ignore a trailing newline of the message.
            let actual = format!("{}\n", message.trim_end());
            bytes(&mut mismatches, "error", Stream::Error, expect.error.as_ref(), actual.as_bytes());
            return mismatches;
        }
        // A guest that was not run has nothing else to compare.
        Outcome::NotRun(_) => return mismatches,
        _ => {}
    }
    bytes(&mut mismatches, "stdout", Stream::Stdout, expect.stdout.as_ref(), &observation.stdout);
    bytes(&mut mismatches, "stderr", Stream::Stderr, expect.stderr.as_ref(), &observation.stderr);
    backtrace(&mut mismatches, &expect.backtrace, observation);
    returned(&mut mismatches, &case.calls, observation);
    host_calls(&mut mismatches, expect, observation);
    let calls = core_calls(observation);
    bytes(&mut mismatches, "core-calls", Stream::CoreCalls, expect.core_calls.as_ref(), calls.as_bytes());
    if expect.trace.is_some() {
        let trace = observation.trace.as_ref().map(lines).unwrap_or_default();
        let trace: String = trace.into_iter().map(|line| line + "\n").collect();
        bytes(&mut mismatches, "trace", Stream::Trace, expect.trace.as_ref(), trace.as_bytes());
    }
    mismatches.extend(observation.violations.iter().cloned().map(Mismatch::Violation));
    if let Some(expected) = expect.imports.as_ref().filter(|expected| **expected != observation.imports) {
        mismatches.push(Mismatch::Imports { expected: expected.clone(), actual: observation.imports.clone() });
    }
    for word in &expect.no_imports {
        let actual: Vec<String> =
            observation.imports.iter().filter(|name| name.contains(word.as_str())).cloned().collect();
        if !actual.is_empty() {
            mismatches.push(Mismatch::UnwantedImports { word: word.clone(), actual });
        }
    }
    files(&mut mismatches, expect, observation);
    if expect.one_version {
        versions(&mut mismatches, &observation.core_interfaces);
    }
    if let Some(expected @ [least, most]) = expect.pages_grown {
        let actual = observation.pages_grown;
        if !(least..=most).contains(&actual) {
            mismatches.push(Mismatch::PagesGrown { expected, actual });
        }
    }
    handles_left(&mut mismatches, expect, observation);
    mismatches
}

fn handles_left(mismatches: &mut Vec<Mismatch>, expect: &Expect, observation: &Observation) {
    let Some(expected) = &expect.handles_left else { return };
    let fits = observation.handles_left.as_ref().is_some_and(|actual| match expected {
        Handles::All(count) => actual.values().sum::<u64>() == *count,
        Handles::Each(each) => each.iter().filter(|(_, count)| **count > 0).eq(actual),
    });
    if !fits {
        mismatches.push(Mismatch::HandlesLeft { expected: expected.clone(), actual: observation.handles_left.clone() });
    }
}

/// Returns the expected outcome if the actual one differs.
fn other_outcome(expect: &Expect, observation: &Observation) -> Option<String> {
    let outcome = &observation.outcome;
    if let Some(expected) = expect.limit {
        let fits = match (expected, outcome) {
            (LimitName::Time, Outcome::Timeout { .. }) => true,
            (LimitName::Memory, _) => observation.memory_limit_hit,
            (_, Outcome::Limit { limit, .. }) => *limit == expected,
            _ => false,
        };
        return (!fits).then(|| format!("limit: {expected}"));
    }
    if expect.error.is_some() {
        let fits = matches!(outcome, Outcome::NotBuilt { stage: Stage::Encode | Stage::Adapter, .. });
        return (!fits).then(|| "encoding error".into());
    }
    if let Some(trap) = &expect.trap {
        let fits = match outcome {
            Outcome::Trap(info) | Outcome::HostError(info) => {
                let innermost = info.frames.first().map(ToString::to_string).unwrap_or_default();
                info.message.contains(trap.as_str())
                    && expect.trap_in.as_ref().is_none_or(|function| innermost.contains(function.as_str()))
            }
            _ => false,
        };
        let place = expect.trap_in.as_ref().map(|function| format!(", in {function}")).unwrap_or_default();
        return (!fits).then(|| format!("trap: {trap}{place}"));
    }
    match (expect.exit.unwrap_or(0), outcome) {
        (0, Outcome::Returned) => None,
        (expected, Outcome::Exit(code)) if *code == expected => None,
        (0, _) => Some("returned, or exit 0".into()),
        (expected, _) => Some(format!("exit {expected}")),
    }
}

fn bytes(mismatches: &mut Vec<Mismatch>, key: &'static str, stream: Stream, expected: Option<&Bytes>, actual: &[u8]) {
    let Some(written) = expected else { return };
    let read = match written.read() {
        Ok(read) => read,
        Err(error) => return mismatches.push(Mismatch::Unreadable { key, message: error.to_string() }),
    };
    let golden = match written {
        Bytes::File(file) => Some(Golden { file: file.file.clone(), exists: read.is_some() }),
        Bytes::Text(_) | Bytes::Hex(_) | Bytes::Repeat(_) | Bytes::Pattern(_) => None,
    };
    if let Bytes::Pattern(text) = written {
        if !pattern::fits(&text.pattern, actual) {
            let expected = pattern::beside(&text.pattern, actual).into_bytes();
            mismatches.push(Mismatch::Bytes { stream, expected, actual: actual.to_vec(), golden: None });
        }
        return;
    }
    let missing = read.is_none();
    let mut expected = read.unwrap_or_default();
    if stream == Stream::Error && !missing {
        expected.truncate(expected.trim_ascii_end().len());
        expected.push(b'\n');
    }
    if missing || expected != actual {
        mismatches.push(Mismatch::Bytes { stream, expected, actual: actual.to_vec(), golden });
    }
}

/// Finds the expected functions in order: each must be a substring of a frame's name, after the frame of its
/// predecessor.
fn backtrace(mismatches: &mut Vec<Mismatch>, expected: &[String], observation: &Observation) {
    let mut frames = observation.outcome.frames().iter();
    for (index, wanted) in expected.iter().enumerate() {
        if !frames.any(|frame| frame.to_string().contains(wanted.as_str())) {
            return mismatches.push(Mismatch::Backtrace { expected: expected.to_vec(), missing: index });
        }
    }
}

/// Calls that were not reached are covered by the comparison of the outcome.
fn returned(mismatches: &mut Vec<Mismatch>, calls: &[Call], observation: &Observation) {
    for (call, returned) in calls.iter().zip(&observation.returned) {
        if let Some(expected) = call.prints.as_ref().filter(|expected| expected.as_bytes() != returned.printed) {
            let (invoke, actual) = (call.invoke.clone(), returned.printed.clone());
            mismatches.push(Mismatch::Printed { invoke, expected: expected.clone(), actual });
        }
        let Some(expected) = &call.returns else { continue };
        let same = match &returned.value {
            Some(actual) => wave::same(expected, actual),
            None => Ok(false),
        };
        if same == Ok(true) {
            continue;
        }
        mismatches.push(Mismatch::Returned {
            invoke: call.invoke.clone(),
            expected: expected.clone(),
            actual: returned.value.clone(),
            note: same.err(),
        });
    }
}

fn files(mismatches: &mut Vec<Mismatch>, expect: &Expect, observation: &Observation) {
    let Some(expected) = &expect.files else { return };
    let none = BTreeMap::new();
    match listing::lines(expected, observation.files.as_ref().unwrap_or(&none)) {
        Ok([expected, actual]) if expected == actual => {}
        Ok([expected, actual]) => mismatches.push(Mismatch::Files { expected, actual }),
        Err(error) => mismatches.push(Mismatch::Unreadable { key: "files", message: error.to_string() }),
    }
}

fn versions(mismatches: &mut Vec<Mismatch>, interfaces: &[String]) {
    let mut namespaces: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for interface in interfaces {
        let namespace = interface.split(':').next().unwrap_or_default();
        namespaces.entry(namespace).or_default().push(interface);
    }
    for (namespace, interfaces) in namespaces {
        let version = |interface: &String| interface.split('@').nth(1).map(str::to_string);
        if interfaces.iter().any(|interface| version(interface) != version(interfaces[0])) {
            let interfaces = interfaces.into_iter().cloned().collect();
            mismatches.push(Mismatch::Versions { namespace: namespace.to_string(), interfaces });
        }
    }
}

fn host_calls(mismatches: &mut Vec<Mismatch>, expect: &Expect, observation: &Observation) {
    let Some(expected) = &expect.host_calls else { return };
    if !observation.calls_recorded {
        // A call that was found was made, even if the record is truncated.
        return match expected {
            HostCalls::Some(some) if !some.needs_all() && has_all(some, &observation.calls) => {}
            _ => mismatches.push(Mismatch::CallsNotRecorded),
        };
    }
    let some = match expected {
        // Dropped calls might contain the missing or forbidden one.
        HostCalls::Some(some) if observation.calls_dropped > 0 && some.needs_all() => {
            let message = format!("{} calls beyond the recording limit were not recorded", observation.calls_dropped);
            return mismatches.push(Mismatch::Unreadable { key: "host-calls", message });
        }
        HostCalls::Some(some) => return some_calls(mismatches, some, &observation.calls),
        HostCalls::Exactly(all) => all,
    };
    if *some != observation.calls || observation.calls_dropped > 0 {
        mismatches.push(Mismatch::HostCalls { expected: some.clone(), actual: observation.calls.clone() });
    }
}

/// Returns true if the calls of `at-least` are among the actual calls.
fn has_all(some: &SomeCalls, actual: &[String]) -> bool {
    let mut missing = Vec::new();
    some_calls(&mut missing, some, actual);
    missing.is_empty()
}

fn some_calls(mismatches: &mut Vec<Mismatch>, some: &SomeCalls, actual: &[String]) {
    let fits = |wanted: &String, call: &String| pattern::fits_line(wanted, call);
    let mut rest = actual.iter();
    if let Some(missing) = some.at_least.iter().position(|wanted| !rest.any(|call| fits(wanted, call))) {
        let after = some.at_least[..missing].last().cloned();
        mismatches.push(Mismatch::NoSuchCall { call: some.at_least[missing].clone(), after });
    }
    for wanted in &some.never {
        if let Some(call) = actual.iter().find(|call| fits(wanted, call)) {
            mismatches.push(Mismatch::UnwantedCall { wanted: wanted.clone(), actual: call.clone() });
        }
    }
    if let Some(unordered) = &some.unordered {
        let [expected, left] = unmatched(unordered, actual, fits);
        if !expected.is_empty() || !left.is_empty() {
            mismatches.push(Mismatch::HostCalls { expected, actual: left });
        }
    }
}

/// Returns the unmatched rest of both lists after a maximum bipartite matching (augmenting paths).
fn unmatched(wanted: &[String], actual: &[String], fits: impl Fn(&String, &String) -> bool) -> [Vec<String>; 2] {
    let mut taken: Vec<Option<usize>> = vec![None; actual.len()];
    let can: Vec<Vec<usize>> =
        wanted.iter().map(|wanted| (0..actual.len()).filter(|place| fits(wanted, &actual[*place])).collect()).collect();
    let alone: Vec<String> = (0..wanted.len())
        .filter(|one| !pair(*one, &can, &mut taken, &mut vec![false; actual.len()]))
        .map(|one| wanted[one].clone())
        .collect();
    let left = actual.iter().zip(&taken).filter(|(_, taken)| taken.is_none()).map(|(call, _)| call.clone());
    [alone, left.collect()]
}

fn pair(one: usize, can: &[Vec<usize>], taken: &mut [Option<usize>], asked: &mut [bool]) -> bool {
    for &place in &can[one] {
        if std::mem::replace(&mut asked[place], true) {
            continue;
        }
        if taken[place].is_none_or(|other| pair(other, can, taken, asked)) {
            taken[place] = Some(one);
            return true;
        }
    }
    false
}

/// Joins calls, one per line.
fn core_calls(observation: &Observation) -> String {
    let mut text: String = observation.core_calls.iter().map(|call| format!("{call}\n")).collect();
    if observation.core_calls_dropped > 0 {
        text.push_str(&format!("({} more)\n", observation.core_calls_dropped));
    }
    text
}

#[cfg(test)]
mod tests;
