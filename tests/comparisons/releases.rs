//! Changes between releases of the reference adapter must match the rules under `releases/`. The golden reports are
//! next to them; BLESS=1 updates them.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use libtest_mimic::Trial;
use polyfill_builder::Suite;
use polyfill_builder::profile::Profile;
use polyfill_builder::reference;
use polyfill_builder::side::Side;
use polyfill_runner::Runner;
use polyfill_runner::divergence::{Budget, Pairs, Recorded, Rules};
use polyfill_testing::golden;

use crate::root;
use crate::trials::{Checked, Missing, any_ran, trial, trials};

pub fn trials() -> Vec<Trial> {
    let mut trials = trials![the_documented_budget_can_be_read, a_file_is_an_adapter];
    for (path, rules) in rules() {
        let name = path.file_stem().expect("a rule file").to_string_lossy().into_owned();
        let of = |what: &str| format!("releases::{name}::{what}");
        for number in 0..rules.rules.len() {
            let (id, rules) = (&rules.rules[number].id, rules.clone());
            trials.push(trial(of(&format!("{id}::is_needed")), move || is_needed(&rules, number)));
        }
        let (all, budget) = (rules.clone(), rules.clone());
        trials.push(trial(of("is_explained_by_its_rules"), move || is_explained(&all)));
        trials.push(trial(of("exceeding_a_budget_fails"), move || small_budget_fails(budget)));
        trials.push(trial(of("report"), move || is_golden(&path.with_extension("txt"), &rules)));
    }
    trials
}

fn is_explained(rules: &Rules) -> Checked {
    let judgement = pairs(rules).judge(rules, true);
    assert!(judgement.is_clean(), "{judgement}");
    let compared = judgement.cases.iter().filter(|judged| judged.ignored.is_none()).count();
    assert!(compared > 150, "{judgement}");
    Ok(())
}

/// Checks that the comparison without the rule has an uncovered difference.
fn is_needed(rules: &Rules, number: usize) -> Checked {
    let mut fewer = rules.clone();
    let rule = fewer.rules.remove(number);
    let judgement = pairs(rules).judge(&fewer, true);
    any_ran(&judgement, rule.differences.iter().flat_map(|expected| &expected.cases))?;
    assert!(judgement.unexplained().next().is_some(), "without {}", rule.id);
    Ok(())
}

fn small_budget_fails(mut rules: Rules) -> Checked {
    *rules.budget.adapter.size.as_mut().expect("the file has a budget for the adapter size") = 1000;
    assert_eq!(pairs(&rules).judge(&rules, true).over.len(), 1);
    Ok(())
}

/// The budget file in the documentation is valid.
fn the_documented_budget_can_be_read() {
    let text = fs::read_to_string(root().join("docs/compare.md")).expect("the document exists");
    let shown = text
        .split("```toml\n")
        .nth(2)
        .and_then(|rest| rest.split("```\n").next())
        .expect("the document shows a budget");
    let budget = Budget::parse(shown).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(budget.needs_fuel() && budget.needs_core_calls() && budget.needs_profiles());
}

/// An adapter in a file behaves like the release it was copied from. Guests for another variant are ignored.
fn a_file_is_an_adapter() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("adapter.wasm");
    let published = reference::find("reference-command@48.0.8").expect("a name").expect("a release");
    fs::write(&file, published.wasm()).expect("the directory exists");
    let side = |text: &str| text.parse::<Side>().unwrap_or_else(|error| panic!("{text}: {error}"));
    let sides = [side("reference-command@48.0.8"), side(&format!("{}@wasi", file.display()))];
    let filter = ["set-rights::c5::", "reactor::h3::"];
    let built =
        Suite::from_env(root()).sides(sides.clone()).filter(filter).profiles(true).out_dir(folder.join("file")).build();
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    let [Some(baseline), Some(candidate)] = &built.profiles[..] else { panic!("{:?}", built.profiles) };
    assert_eq!((baseline.size, &baseline.functions), (candidate.size, &candidate.functions));
    let pairs = Pairs::run(&Runner::new(&built.out_dir).root(root()).bless(false), sides.clone());
    let judgement = pairs.unwrap_or_else(|error| panic!("{error}")).judge(&Rules::none(sides), false);
    assert!(judgement.is_clean(), "{judgement}");
    let ignored =
        |case: &str| judgement.cases.iter().find(|judged| judged.case == case).map(|judged| judged.ignored.clone());
    assert_eq!(ignored("set-rights::c5"), Some(None), "{judgement}");
    let reason = ignored("reactor::h3").flatten().unwrap_or_default();
    assert!(reason.ends_with("is for guests with `_start`"), "{judgement}");
}

/// Compares the report with the golden file, which requires a machine with the tools of all guests.
fn is_golden(path: &Path, rules: &Rules) -> Checked {
    let judgement = pairs(rules).judge(rules, true);
    let missing = judgement.cases.iter().find_map(|judged| {
        let why = judged.ignored.as_ref().filter(|why| !why.contains("host-code"))?;
        Some(format!("`{}`: {why}", judged.case))
    });
    if let Some(missing) = missing {
        return Err(Missing(missing));
    }
    golden::assert(path, &without_counts(&judgement.to_string()));
    Ok(())
}

/// Removes the number of cases: a new case that is equal on both sides does not change the report.
fn without_counts(report: &str) -> String {
    report.split_inclusive('\n').filter(|line| !line.contains(" cases compared, ")).collect()
}

/// Returns the observations of all sides. Each trial is run once, even if several pairs contain it.
fn pairs(rules: &Rules) -> Pairs {
    static SEEN: OnceLock<(Recorded, Vec<Option<Profile>>)> = OnceLock::new();
    let (recorded, profiles) = SEEN.get_or_init(record);
    let place = |side: &Side| recorded.sides.iter().position(|other| other == side).expect("the side was recorded");
    let (baseline, candidate) = (place(&rules.baseline), place(&rules.candidate));
    recorded.pair(baseline, candidate).with_profiles([profiles[baseline].clone(), profiles[candidate].clone()])
}

fn record() -> (Recorded, Vec<Option<Profile>>) {
    let mut sides: Vec<Side> = Vec::new();
    for side in rules().into_iter().flat_map(|(_, rules)| [rules.baseline, rules.candidate]) {
        if !sides.contains(&side) {
            sides.push(side);
        }
    }
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compare");
    let built = Suite::from_env(root()).sides(sides.clone()).profiles(true).out_dir(out).build();
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    let runner = Runner::new(&built.out_dir).root(root()).bless(false);
    (Recorded::run(&runner, sides).unwrap_or_else(|error| panic!("{error}")), built.profiles)
}

fn rules() -> Vec<(PathBuf, Rules)> {
    let folder = root().join("tests/comparisons/releases");
    let files: BTreeSet<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    assert!(files.len() >= 2, "{files:?}");
    files.into_iter().map(|path| (path.clone(), Rules::read(&path).unwrap_or_else(|error| panic!("{error}")))).collect()
}
