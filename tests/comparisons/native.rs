//! Differences between the newest reference adapter and wasmtime's own preview1 must match `known/output.toml`: every
//! difference has a rule, and every rule its guests.

use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;

use libtest_mimic::Trial;
use polyfill_builder::side::Side;
use polyfill_runner::divergence::{Expected, Judgement, Pairs, RULES_FILE, Rule, Rules};

use crate::root;
use crate::trials::{Checked, any_ran, trial, trials};

pub fn trials() -> Vec<Trial> {
    let mut trials = trials![
        every_difference_has_a_rule_and_every_rule_a_difference,
        functions_and_links_of_rules_exist,
        the_documented_file_can_be_read,
    ];
    for (number, rule) in rules().rules.into_iter().enumerate() {
        trials.push(trial(format!("native::{}::is_triggered_by_its_cases", rule.id), move || is_triggered(number)));
        trials.push(trial(format!("native::{}::is_needed", rule.id), move || is_needed(number)));
        for part in 0..rule.differences.len() {
            let name = format!("native::{}::difference_{}_is_needed", rule.id, part + 1);
            trials.push(trial(name, move || difference_is_needed(number, part)));
        }
    }
    trials
}

fn every_difference_has_a_rule_and_every_rule_a_difference() {
    let judgement = judged();
    assert!(judgement.is_clean(), "{judgement}");
    // An empty comparison would pass, too.
    let compared = judgement.cases.iter().filter(|judged| judged.ignored.is_none()).count();
    assert!(compared > 150 && judgement.rules.len() > 35, "{judgement}");
}

/// Checks that a rule is triggered by exactly those of its cases that this machine can run.
fn is_triggered(number: usize) -> Checked {
    let (rule, judgement) = (&rules().rules[number], judged());
    let named: BTreeSet<&String> = rule.differences.iter().flat_map(|expected| &expected.cases).collect();
    any_ran(judgement, named.iter().copied())?;
    let ran = |case: &&String| judgement.cases.iter().any(|judged| judged.case == **case && judged.ignored.is_none());
    let ran: BTreeSet<String> = named.into_iter().filter(ran).cloned().collect();
    assert_eq!(judgement.rules[number].cases, ran, "rule {}", rule.id);
    Ok(())
}

fn is_needed(number: usize) -> Checked {
    let mut fewer = rules();
    let Rule { id, differences, .. } = fewer.rules.remove(number);
    any_ran(judged(), differences.iter().flat_map(|expected| &expected.cases))?;
    let judgement = pairs().judge(&fewer, true);
    assert!(judgement.unexplained().next().is_some() && !judgement.is_clean(), "without rule {id}");
    Ok(())
}

/// Checks that each difference of a rule is required, and that none covers another one.
fn difference_is_needed(number: usize, part: usize) -> Checked {
    let mut fewer = rules();
    let expected: Expected = fewer.rules[number].differences.remove(part);
    any_ran(judged(), &expected.cases)?;
    let judgement = pairs().judge(&fewer, true);
    let left: BTreeSet<&str> = judgement.unexplained().map(|(case, _)| case).collect();
    let named: BTreeSet<&str> = expected.cases.iter().map(String::as_str).collect();
    assert!(
        !left.is_empty() && left.is_subset(&named),
        "without {expected} of rule {}: {left:?}",
        fewer.rules[number].id
    );
    Ok(())
}

fn functions_and_links_of_rules_exist() {
    let imports: BTreeSet<String> = fs::read_to_string(root().join("guests/regressions/common/mod.rs"))
        .expect("the functions of preview1 are declared there")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub fn ")?.split('(').next().map(str::to_string))
        .collect();
    for Rule { id, functions, link, .. } in rules().rules {
        for function in functions {
            assert!(imports.contains(&function) || function == "memory.grow", "rule {id}: `{function}`");
        }
        let address = link.starts_with("https://");
        assert!(address || root().join(&link).is_file(), "rule {id}: `{link}` not found");
    }
}

/// The rule file in the documentation is valid.
fn the_documented_file_can_be_read() {
    let text = fs::read_to_string(root().join("docs/compare.md")).expect("the document exists");
    let shown =
        text.split("```toml\n").nth(1).and_then(|rest| rest.split("```\n").next()).expect("the document shows rules");
    let shown = Rules::parse(shown).unwrap_or_else(|problems| panic!("{problems:?}"));
    let rules = rules();
    let [rule] = &shown.rules[..] else { panic!("the document shows one rule") };
    let real = rules.rules.iter().find(|real| real.id == rule.id).expect("the rule exists");
    assert!(rule.differences.iter().all(|expected| real.differences.contains(expected)), "{rule:?}");
}

/// Returns the observations of both sides in all cases. The runs are made once.
fn pairs() -> &'static Pairs {
    static SEEN: OnceLock<Pairs> = OnceLock::new();
    SEEN.get_or_init(|| {
        let sides = ["native", "reference-command@wasi"].map(|side| side.parse::<Side>().expect("a side"));
        Pairs::run(&polyfill_runner::suite!().bless(false), sides).expect("the suite builds")
    })
}

/// Returns the judgement under all rules.
fn judged() -> &'static Judgement {
    static JUDGED: OnceLock<Judgement> = OnceLock::new();
    JUDGED.get_or_init(|| pairs().judge(&rules(), true))
}

fn rules() -> Rules {
    Rules::read(&root().join(RULES_FILE)).unwrap_or_else(|error| panic!("{error}"))
}
