//! Where the newest reference adapter differs from wasmtime's own preview1 is what `divergences.toml` says, to the last line:
//! every difference has its rule, and every rule its guests.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use polyfill_build::side::Side;
use polyfill_runner::divergence::{Expected, Pairs, RULES_FILE, Rule, Rules};

#[test]
fn every_difference_has_a_rule_and_every_rule_a_difference() {
    let judgement = seen().judge(&rules(), true);
    assert!(judgement.is_clean(), "{judgement}");
    // A comparison of nothing would be clean, too.
    let compared = judgement.cases.iter().filter(|judged| judged.ignored.is_none()).count();
    assert!(compared > 150 && judgement.rules.len() > 35, "{judgement}");
}

#[test]
fn every_rule_is_triggered_by_the_cases_that_it_names() {
    let rules = rules();
    let judgement = seen().judge(&rules, true);
    let ran = |case: &&String| judgement.cases.iter().any(|judged| judged.case == **case && judged.ignored.is_none());
    for (rule, used) in rules.rules.iter().zip(&judgement.rules) {
        let named: BTreeSet<String> =
            rule.differences.iter().flat_map(|expected| &expected.cases).filter(ran).cloned().collect();
        assert_eq!(used.cases, named, "rule {}", rule.id);
        assert!(!named.is_empty(), "no case of rule {} was run", rule.id);
    }
}

#[test]
fn without_any_one_rule_the_comparison_fails() {
    let rules = rules();
    for number in 0..rules.rules.len() {
        let mut fewer = rules.clone();
        let Rule { id, .. } = fewer.rules.remove(number);
        let judgement = seen().judge(&fewer, true);
        assert!(judgement.unexplained().next().is_some() && !judgement.is_clean(), "without rule {id}");
    }
}

/// Not only whole rules: no line of one is there for nothing, or wide enough to stand for another one.
#[test]
fn without_any_one_difference_of_a_rule_the_comparison_fails() {
    let rules = rules();
    let whole = seen().judge(&rules, true).unexplained().count();
    assert_eq!(whole, 0);
    for number in 0..rules.rules.len() {
        for part in 0..rules.rules[number].differences.len() {
            let mut fewer = rules.clone();
            let Rule { id, .. } = &rules.rules[number];
            let expected: Expected = fewer.rules[number].differences.remove(part);
            let judgement = seen().judge(&fewer, true);
            let left: BTreeSet<&str> = judgement.unexplained().map(|(case, _)| case).collect();
            let named: BTreeSet<&str> = expected.cases.iter().map(String::as_str).collect();
            assert!(!left.is_empty() && left.is_subset(&named), "without {expected} of rule {id}: {left:?}");
        }
    }
}

#[test]
fn rules_name_functions_and_links_that_there_are() {
    let imports: BTreeSet<String> = fs::read_to_string(root().join("guests/museum/common/mod.rs"))
        .expect("the functions of preview1 are declared there")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub fn ")?.split('(').next().map(str::to_string))
        .collect();
    for Rule { id, functions, link, .. } in rules().rules {
        for function in functions {
            assert!(imports.contains(&function) || function == "memory.grow", "rule {id}: `{function}`");
        }
        let address = link.starts_with("https://");
        assert!(address || root().join(&link).is_file(), "rule {id}: there is no `{link}`");
    }
}

/// The file that the document shows is one.
#[test]
fn the_documented_file_can_be_read() {
    let text = fs::read_to_string(root().join("docs/compare.md")).expect("the document is there");
    let shown = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```\n").next()).expect("it shows rules");
    let shown = Rules::parse(shown).unwrap_or_else(|problems| panic!("{problems:?}"));
    let rules = rules();
    let [rule] = &shown.rules[..] else { panic!("it shows one rule") };
    let real = rules.rules.iter().find(|real| real.id == rule.id).expect("it is one of ours");
    assert!(rule.differences.iter().all(|expected| real.differences.contains(expected)), "{rule:?}");
}

/// What both sides show in all cases: the runs are made once.
fn seen() -> &'static Pairs {
    static SEEN: OnceLock<Pairs> = OnceLock::new();
    SEEN.get_or_init(|| {
        let sides = ["native", "reference-command@wasi"].map(|side| side.parse::<Side>().expect("a side"));
        Pairs::run(&polyfill_runner::suite!().bless(false), sides).expect("the suite is built")
    })
}

fn rules() -> Rules {
    Rules::read(&root().join(RULES_FILE)).unwrap_or_else(|error| panic!("{error}"))
}

fn root() -> PathBuf {
    polyfill_runner::root_dir(env!("CARGO_MANIFEST_DIR"))
}
