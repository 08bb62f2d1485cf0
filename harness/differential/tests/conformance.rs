//! Runs the case directories of the reference encoder with this project's encoder.
//!
//! The directories are part of the reference's crate, a dev-dependency; they are found through `cargo metadata` and
//! never copied. A case passes if this project's component validates, its WIT prints as expected, and its use of the
//! canonical ABI equals that of the reference's component. `error-*` cases pass if this encoder rejects the input and
//! names the same items. Its messages are in `conformance.errors` (`BLESS=1` updates the file). Cases in
//! `conformance.skip` are asynchronous or require a linker, and must be rejected with the corresponding error.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polyfill_differential::cases::{self, Case, Expected, Modules};
use polyfill_differential::needs::needs;
use polyfill_encoder::{Encoded, Error, Errors, Input, Options};
use polyfill_testing::golden;

/// Skipped cases, one per line: name, kind (`async` or `linking`) and reason.
const SKIPPED: &str = include_str!("conformance.skip");

/// Words in backticks that only the reference's message contains, by case, each with its reason.
const OTHER_WORDS: [(&str, &str, &str); 0] = [];

#[test]
fn reference_cases_are_encoded_as_expected() {
    let cases = cases::read_all(&cases::folder().unwrap()).unwrap();
    let skipped = skipped();
    let only = std::env::var("CONFORMANCE").unwrap_or_default();
    let (mut passed, mut left_out) = (0, 0);
    let mut failed = Vec::new();
    let mut messages = String::new();
    for case in cases.iter().filter(|case| case.name.contains(&only)) {
        let result = match skipped.get(case.name.as_str()) {
            Some(kind) => {
                left_out += 1;
                refused(case, kind).map(|()| None)
            }
            None => {
                let result = run(case);
                passed += u32::from(result.is_ok());
                result
            }
        };
        match result {
            Ok(Some(refusal)) => messages += &format!("{}\n{refusal}\n\n", case.name),
            Ok(None) => {}
            Err(message) => failed.push(format!("== {}\n{message}", case.name)),
        }
    }
    println!("{passed} passed, {} failed, {left_out} skipped", failed.len());
    let stale: Vec<_> = skipped.keys().filter(|name| !cases.iter().any(|case| case.name == **name)).collect();
    assert!(stale.is_empty(), "skipped cases that do not exist: {stale:?}");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    if only.is_empty() {
        golden::assert(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance.errors"), &messages);
    }
}

fn skipped() -> BTreeMap<&'static str, &'static str> {
    let lines = SKIPPED.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let mut skipped = BTreeMap::new();
    for line in lines {
        let mut words = line.splitn(3, ' ');
        let (Some(name), Some(kind @ ("async" | "linking")), Some(_)) = (words.next(), words.next(), words.next())
        else {
            panic!("expected name, kind and reason: {line}");
        };
        assert!(skipped.insert(name, kind).is_none(), "{name} is skipped twice");
    }
    skipped
}

/// Runs a case. Returns the message if the case was rejected as expected.
fn run(case: &Case) -> Result<Option<String>, String> {
    let result = case.encode().ok_or("the case has no main module")?;
    match (result, &case.expected) {
        (Err(errors), Expected::Error(theirs)) => same_culprit(case, &errors, theirs).map(Some),
        (Err(errors), Expected::Component { .. }) => Err(errors.to_string()),
        (Ok(_), Expected::Error(theirs)) => Err(format!("encoded, but the reference rejects it: {theirs}")),
        (Ok(encoded), Expected::Component { bytes, wit }) => same(&encoded, bytes, wit).map(|()| None),
    }
}

/// Compares the world and the use of the canonical ABI. The encoder itself validates the component.
fn same(ours: &Encoded, reference: &[u8], wit: &str) -> Result<(), String> {
    let seen = print_wit(&ours.component)?;
    if seen != wit {
        return Err(format!("expected WIT:\n{wit}\nactual WIT:\n{seen}"));
    }
    let of = |component: &[u8]| needs(component).map_err(|e| e.to_string());
    let diff = of(reference)?.diff(&of(&ours.component)?);
    if diff.is_empty() { Ok(()) } else { Err(format!("use of the canonical ABI: reference (-), ours (+):\n{diff}")) }
}

/// Checks that this encoder's message names the same items as the reference's message.
fn same_culprit(case: &Case, ours: &Errors, theirs: &str) -> Result<String, String> {
    let ours = ours.to_string();
    let excused: BTreeSet<&str> =
        OTHER_WORDS.iter().filter(|(name, ..)| *name == case.name).map(|(_, word, _)| *word).collect();
    let words = theirs.split('`').skip(1).step_by(2);
    let missing: BTreeSet<&str> =
        words.filter(|word| !in_our_words(word).iter().all(|word| ours.contains(word))).collect();
    if missing == excused {
        return Ok(ours);
    }
    Err(format!("in the reference's message only: {missing:?}, excused: {excused:?}\n{theirs}\n{ours}"))
}

/// Converts items in backticks to this encoder's notation: imports in two words, signatures as in WAT.
fn in_our_words(word: &str) -> Vec<String> {
    if let Some((params, results)) =
        word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')?.split_once("] -> ["))
    {
        let types = |list: &str| list.to_lowercase().replace(',', "");
        let clause = |word: &str, list: String| if list.is_empty() { list } else { format!(" ({word} {list})") };
        return vec![format!("(func{}{})", clause("param", types(params)), clause("result", types(results)))];
    }
    match word.split_once("::") {
        Some((module, field)) => vec![format!("`{module}`"), format!("`{field}`")],
        None => vec![word.to_string()],
    }
}

/// Checks that a skipped case is rejected with the error of its kind, and with no other.
fn refused(case: &Case, kind: &str) -> Result<(), String> {
    let (errors, right): (Errors, fn(&Error) -> bool) = match (&case.modules, kind) {
        (Modules::Main { .. }, "async") => match case.encode() {
            Some(Err(errors)) => (errors, |error| matches!(error, Error::Async { .. })),
            _ => return Err("is skipped, but encodes".into()),
        },
        (Modules::Libraries(libraries), "linking") => {
            let Some(first) = libraries.first() else { return Ok(()) };
            let options = Options::default();
            match polyfill_encoder::encode(&Input { main: first.source(), adapters: Vec::new() }, &options) {
                Err(errors) => (errors, |error| matches!(error, Error::Library { .. })),
                Ok(_) => return Err("is skipped, but encodes".into()),
            }
        }
        _ => return Err(format!("is not a case of kind {kind}")),
    };
    if errors.iter().all(right) { Ok(()) } else { Err(format!("rejected, but not because of {kind}:\n{errors}")) }
}

fn print_wit(component: &[u8]) -> Result<String, String> {
    let decoded = wit_component::decode(component).map_err(|e| format!("{e:#}"))?;
    let mut printer = wit_component::WitPrinter::default();
    printer.print(decoded.resolve(), decoded.package(), &[]).map_err(|e| format!("{e:#}"))?;
    Ok(printer.output.to_string())
}
