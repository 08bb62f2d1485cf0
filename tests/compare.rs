//! What an update of the reference adapter changes is what the rules under `tests/compare/` say, to the last line. The reports
//! are beside them; BLESS=1 writes them.

mod golden;
mod passed;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use polyfill_build::Suite;
use polyfill_build::profile::Profile;
use polyfill_build::reference;
use polyfill_build::side::Side;
use polyfill_runner::Runner;
use polyfill_runner::divergence::{Budget, Judgement, Pairs, Recorded, Rules};

#[test]
fn every_update_is_what_its_rules_say() {
    let Some(_run) = passed::unless_passed("every_update_is_what_its_rules_say") else {
        return;
    };
    for (path, rules) in rules() {
        let judgement = seen(&rules).judge(&rules, true);
        assert!(judgement.is_clean(), "{}\n{judgement}", path.display());
        let compared = judgement.cases.iter().filter(|judged| judged.ignored.is_none()).count();
        assert!(compared > 150, "{}\n{judgement}", path.display());
        is_golden(&path.with_extension("txt"), &judgement);
    }
}

#[test]
fn without_any_one_rule_an_update_fails() {
    let Some(_run) = passed::unless_passed("without_any_one_rule_an_update_fails") else {
        return;
    };
    for (path, rules) in rules() {
        for number in 0..rules.rules.len() {
            let mut fewer = rules.clone();
            let rule = fewer.rules.remove(number);
            let judgement = seen(&rules).judge(&fewer, true);
            assert!(judgement.unexplained().next().is_some(), "{} without {}", path.display(), rule.id);
        }
    }
}

#[test]
fn a_budget_that_is_too_small_fails() {
    let Some(_run) = passed::unless_passed("a_budget_that_is_too_small_fails") else { return };
    for (path, rules) in rules() {
        let mut fewer = rules.clone();
        let size = fewer.budget.adapter.size.as_mut().unwrap_or_else(|| panic!("{} has none", path.display()));
        *size = 1000;
        assert_eq!(seen(&rules).judge(&fewer, true).over.len(), 1, "{}", path.display());
    }
}

/// The file that the document shows is one.
#[test]
fn the_documented_budget_can_be_read() {
    let text = fs::read_to_string(root().join("docs/compare.md")).expect("the document is there");
    let shown = text.split("```toml\n").nth(2).and_then(|rest| rest.split("```\n").next()).expect("it shows a budget");
    let budget = Budget::parse(shown).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(budget.needs_fuel() && budget.needs_core_calls() && budget.needs_profiles());
}

/// An adapter in a file does what the release does that it is; guests that it is not for are passed over.
#[test]
fn a_file_is_an_adapter() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("adapter.wasm");
    let published = reference::find("reference-command@48.0.8").expect("a name").expect("a release");
    fs::write(&file, published.wasm()).expect("the folder is there");
    let side = |text: &str| text.parse::<Side>().unwrap_or_else(|error| panic!("{text}: {error}"));
    let sides = [side("reference-command@48.0.8"), side(&format!("{}@wasi", file.display()))];
    let filter = ["set-rights::c5::", "reactor::h3::"];
    let built =
        Suite::new(root()).sides(sides.clone()).filter(filter).profiles(true).out_dir(folder.join("file")).build();
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    let [Some(old), Some(new)] = &built.profiles[..] else { panic!("{:?}", built.profiles) };
    assert_eq!((old.size, &old.functions), (new.size, &new.functions));
    let seen = Pairs::run(&Runner::new(&built.out_dir).root(root()).bless(false), sides.clone());
    let judgement = seen.unwrap_or_else(|error| panic!("{error}")).judge(&Rules::none(sides), false);
    assert!(judgement.is_clean(), "{judgement}");
    let ignored =
        |case: &str| judgement.cases.iter().find(|judged| judged.case == case).map(|judged| judged.ignored.clone());
    assert_eq!(ignored("set-rights::c5"), Some(None), "{judgement}");
    let reason = ignored("reactor::h3").flatten().unwrap_or_default();
    assert!(reason.ends_with("is for guests with `_start`"), "{judgement}");
}

/// The report as it is written down: without the cases for which this machine lacks a tool. Where it lacks some, there is nothing
/// to compare.
fn is_golden(path: &Path, judgement: &Judgement) {
    if judgement.cases.iter().any(|judged| judged.ignored.as_ref().is_some_and(|reason| !reason.contains("host-code")))
    {
        return eprintln!("ignored: {} is of a machine with all tools", path.display());
    }
    golden::is_golden(path, &without_counts(&judgement.to_string()));
}

/// How many cases there are is not what an update changes: a new one that is the same on both sides is no other report.
fn without_counts(report: &str) -> String {
    report.split_inclusive('\n').filter(|line| !line.contains(" cases compared, ")).collect()
}

/// What all sides showed: each cell is run once, however many pairs it is in.
fn seen(rules: &Rules) -> Pairs {
    static SEEN: OnceLock<(Recorded, Vec<Option<Profile>>)> = OnceLock::new();
    let (recorded, profiles) = SEEN.get_or_init(record);
    let place = |side: &Side| recorded.sides.iter().position(|other| other == side).expect("it is one of these");
    let (old, new) = (place(&rules.old), place(&rules.new));
    recorded.pair(old, new).with_profiles([profiles[old].clone(), profiles[new].clone()])
}

fn record() -> (Recorded, Vec<Option<Profile>>) {
    let mut sides: Vec<Side> = Vec::new();
    for side in rules().into_iter().flat_map(|(_, rules)| [rules.old, rules.new]) {
        if !sides.contains(&side) {
            sides.push(side);
        }
    }
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compare");
    let built = Suite::new(root()).sides(sides.clone()).profiles(true).out_dir(out).build();
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    let runner = Runner::new(&built.out_dir).root(root()).bless(false);
    (Recorded::run(&runner, sides).unwrap_or_else(|error| panic!("{error}")), built.profiles)
}

fn rules() -> Vec<(PathBuf, Rules)> {
    let folder = root().join("tests/compare");
    let files: BTreeSet<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    assert!(files.len() >= 2, "{files:?}");
    files.into_iter().map(|path| (path.clone(), Rules::read(&path).unwrap_or_else(|error| panic!("{error}")))).collect()
}

fn root() -> PathBuf {
    polyfill_runner::root_dir(env!("CARGO_MANIFEST_DIR"))
}
