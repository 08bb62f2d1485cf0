//! Small hunts: they repeat themselves, find what is known to be there, and make it small.

#[path = "../../../tests/passed/mod.rs"]
mod passed;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use polyfill_build::Suite;
use polyfill_build::side::Side;
use polyfill_lab::hunt::{Bench, Plan, Report, Rule, Rules, Sides, emit, function, hunt};
use polyfill_runner::divergence::{self, Class};

/// This suite's adapter on WASI 0.2.
const OURS: &str = "wasi_snapshot_preview1.wasi-command@wasi";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rules(pair: &[Side; 2]) -> Rules {
    let rules = Rules::of(&root(), pair).unwrap();
    assert!(!rules.rules.is_empty(), "nothing is known of {pair:?}");
    rules
}

/// What is known of the published adapters.
fn published() -> Vec<Rule> {
    rules(&["native", "reference-command"].map(|side| side.parse().unwrap())).rules
}

fn sides(new: &str, keep: impl Fn(&Rule) -> bool) -> Sides {
    let pair: [Side; 2] = ["native", new].map(|side| side.parse().unwrap());
    let mut rules = rules(&pair);
    rules.rules.retain(keep);
    Sides { benches: pair.each_ref().map(|side| Bench::new(&Suite::new(root()), side).unwrap()), rules }
}

fn plan(programs: u64) -> Plan {
    Plan { seed: 1, programs: Some(programs), time: None, jobs: 2, functions: Vec::new(), shrink: false }
}

/// What does not depend on how long it took.
fn told(report: &Report) -> String {
    report.to_string()
}

#[test]
fn a_hunt_repeats_itself() {
    let sides = sides("reference-command", |_| true);
    let once = hunt(&sides, &plan(128));
    let again = hunt(&sides, &Plan { jobs: 1, ..plan(128) });
    assert_eq!(told(&once), told(&again));
    assert_eq!(once.programs, 128);
    let other = hunt(&sides, &Plan { seed: 2, ..plan(128) });
    assert_ne!(told(&once), told(&other));
}

#[test]
fn an_old_release_has_bugs_that_are_known_by_name() {
    let Some(_run) = passed::unless_passed("an_old_release_has_bugs_that_are_known_by_name") else {
        return;
    };
    let report = hunt(&sides("reference-command@25.0.0", |_| true), &plan(1024));
    let bugs: BTreeSet<&str> = report.bugs().into_iter().map(|(id, _)| id).collect();
    for id in ["B6", "C4", "C5", "D1", "L14", "closed-seek"] {
        assert!(bugs.contains(id), "{id} is not among {bugs:?}");
    }
    // What a release does not have is not said of it.
    let newest = hunt(&sides("reference-command", |_| true), &plan(256));
    assert!(newest.bugs().iter().all(|(id, _)| !["B6", "C1", "C4", "C5", "L14"].contains(id)));
}

/// Without its rule, a difference is a finding: one or two calls, and a guest of its own that shows it.
#[test]
fn what_no_rule_names_is_made_small_and_written() {
    let sides = sides("reference-command", |rule| rule.id != "closed-seek");
    let functions = ["fd_close", "fd_seek"].into_iter().filter_map(function).collect();
    let report = hunt(&sides, &Plan { shrink: true, functions, ..plan(64) });
    let found = report.findings.iter().find(|finding| finding.difference.old == "badf");
    let finding = found.expect("a seek of what is not open differs");
    assert_eq!([&finding.difference.old, &finding.difference.new], ["badf", "spipe"]);
    assert!(finding.trial.program.calls.len() <= 2, "{:?}", finding.trial.program.calls);
    let emitted = emit(&sides, finding, "found").unwrap();
    assert!(emitted.alone && emitted.case.contains("present = [\"=50.0.1\"]"), "{}", emitted.case);
    assert!(emitted.guest.contains("call $fd_seek") && emitted.evidence.contains("fd_seek 8"), "{}", emitted.evidence);
    let folder = tempfile::tempdir().unwrap();
    emitted.write(folder.path()).unwrap();
    assert!(folder.path().join("guests/found.hunt.case.toml").is_file());
}

/// A rule that nothing triggers any more is none.
#[test]
fn every_rule_is_seen_at_work() {
    let Some(_run) = passed::unless_passed("every_rule_is_seen_at_work") else { return };
    const HUNTS: &[(&str, u64, u64, &[&str])] = &[
        ("", 1, 2048, &[]),
        ("@25.0.0", 1, 1024, &[]),
        ("@24.0.13", 1, 512, &["path_open", "fd_read", "fd_pread", "random_get", "fd_readdir"]),
        ("@25.0.0", 1, 512, &["path_open", "fd_renumber", "fd_close"]),
        ("", 1, 256, &["path_open", "fd_fdstat_get"]),
        ("", 1, 512, &["path_open", "fd_pwrite"]),
        ("", 1, 512, &["path_open", "fd_readdir", "path_create_directory"]),
        ("", 1, 1024, &["path_open", "fd_read", "fd_write"]),
        ("", 1, 512, &["path_open", "fd_read", "fd_pwrite", "poll_oneoff"]),
        ("", 1, 256, &["fd_renumber", "fd_prestat_dir_name"]),
        ("", 1, 512, &["path_open", "fd_write", "fd_fdstat_set_flags"]),
        ("", 1, 512, &["path_open", "fd_seek", "fd_read", "fd_write"]),
        ("", 57, 512, &["path_open", "fd_seek", "fd_read", "fd_write"]),
        ("", 60, 512, &["path_open", "fd_seek", "fd_read", "fd_write"]),
        ("", 86, 512, &["path_open", "fd_seek", "fd_read", "fd_write"]),
        ("", 109, 512, &["path_open", "fd_seek", "fd_read", "fd_write"]),
        ("", 1, 8192, &["path_open", "fd_write", "fd_fdstat_set_flags", "fd_pread"]),
        ("", 1, 4096, &["path_open", "fd_seek", "fd_write"]),
        ("", 1, 4096, &["path_open", "poll_oneoff", "fd_read", "fd_filestat_set_size", "fd_pwrite"]),
        ("", 1, 2048, &["path_open", "fd_read", "fd_write", "fd_filestat_get"]),
        ("", 1, 256, &["path_open", "fd_write", "fd_tell"]),
        ("", 2, 3072, &["path_open", "fd_write", "fd_pwrite", "fd_read"]),
    ];
    let mut seen = BTreeSet::new();
    for (release, seed, programs, only) in HUNTS {
        let functions = only.iter().filter_map(|name| function(name)).collect();
        let sides = sides(&format!("reference-command{release}"), |_| true);
        let report = hunt(&sides, &Plan { seed: *seed, functions, ..plan(*programs) });
        seen.extend(report.rules.iter().enumerate().filter(|(_, (_, count))| *count > 0).map(|(number, _)| number));
    }
    let rules = published();
    let stale: Vec<String> = (0..rules.len())
        .filter(|number| !seen.contains(number))
        .map(|number| format!("{number}: {} {:?} {}", rules[number].id, rules[number].functions, rules[number].place))
        .collect();
    assert!(stale.is_empty(), "nothing triggers\n{}", stale.join("\n"));
}

/// Native preview1 and this suite's adapter on WASI 0.2 differ by choice alone, and in nothing that has no rule.
#[test]
fn ours_has_no_bug_that_is_known() {
    let Some(_run) = passed::unless_passed("ours_has_no_bug_that_is_known") else { return };
    let sides = sides(OURS, |_| true);
    let waits = ["path_open", "poll_oneoff"].into_iter().filter_map(function).collect();
    let reports = [plan(4096), Plan { functions: waits, ..plan(4096) }].map(|plan| hunt(&sides, &plan));
    for (number, rule) in sides.rules.rules.iter().enumerate() {
        let programs: u64 = reports.iter().map(|report| report.rules[number].1).sum();
        assert!(programs > 0, "nothing triggers {} {:?}", rule.id, rule.functions);
        assert_ne!(rule.class, Class::Bug, "{}", rule.id);
    }
    for report in reports {
        assert!(report.findings.is_empty(), "{report}");
    }
}

/// What a rule is about is there.
#[test]
fn rules_are_about_something() {
    let divergences = divergence::Rules::read(&root().join(divergence::RULES_FILE)).unwrap();
    let ours = rules(&["native", OURS].map(|side| side.parse().unwrap())).rules;
    for rule in published().into_iter().chain(ours) {
        let id = &rule.id;
        match rule.about.as_str() {
            divergence::RULES_FILE => {
                let known = divergences.rules.iter().find(|known| known.id == *id);
                let known = known.unwrap_or_else(|| panic!("{id} is no rule of {}", rule.about));
                assert_eq!(known.class, rule.class, "{id}");
            }
            path if path.ends_with(".case.toml") => assert_eq!(rule.bug.map(|bug| bug.id).as_ref(), Some(id)),
            // What an adapter of this suite answers is said beside it.
            path => {
                let told = path.starts_with("docs/findings/") || path == "adapters/README.md";
                assert!(told && root().join(path).is_file(), "{id}: no `{path}`");
            }
        }
        assert!(rule.link.contains("://") || root().join(&rule.link).is_file(), "{id}: no `{}`", rule.link);
    }
}
