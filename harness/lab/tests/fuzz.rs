//! Short fuzzing runs: they are reproducible, find known bugs, and shrink them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use polyfill_builder::Suite;
use polyfill_builder::side::Side;
use polyfill_lab::fuzz::{Bench, Plan, Rule, Rules, Sides, emit, function, fuzz};
use polyfill_runner::divergence::{self, Class};

/// This suite's adapter on WASI 0.2.
const OURS: &str = "wasi_snapshot_preview1.wasi-command@wasi";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rules(pair: &[Side; 2]) -> Rules {
    let rules = Rules::of(&root(), pair).unwrap();
    assert!(!rules.rules.is_empty(), "no known differences of {pair:?}");
    rules
}

/// Returns the known differences of the published adapters.
fn published() -> Vec<Rule> {
    rules(&["native", "reference-command"].map(|side| side.parse().unwrap())).rules
}

fn sides(candidate: &str, keep: impl Fn(&Rule) -> bool) -> Sides {
    let pair: [Side; 2] = ["native", candidate].map(|side| side.parse().unwrap());
    let mut rules = rules(&pair);
    rules.rules.retain(keep);
    Sides { benches: pair.each_ref().map(|side| Bench::new(&Suite::from_env(root()), side).unwrap()), rules }
}

fn plan(programs: u64) -> Plan {
    Plan { seed: 1, programs: Some(programs), time: None, jobs: 2, functions: Vec::new(), shrink: false }
}

#[test]
fn fuzzing_is_reproducible() {
    let sides = sides("reference-command", |_| true);
    let once = fuzz(&sides, &plan(128));
    let again = fuzz(&sides, &Plan { jobs: 1, ..plan(128) });
    assert_eq!(once.to_string(), again.to_string());
    assert_eq!(once.programs, 128);
    let other = fuzz(&sides, &Plan { seed: 2, ..plan(128) });
    assert_ne!(once.to_string(), other.to_string());
}

#[test]
#[ignore = "slow: run with `-- --ignored`"]
fn known_bugs_of_old_releases_are_found() {
    let report = fuzz(&sides("reference-command@25.0.0", |_| true), &plan(1024));
    let bugs: BTreeSet<&str> = report.bugs().into_iter().map(|(id, _)| id).collect();
    for id in ["B6", "C4", "C5", "D1", "L14", "closed-seek"] {
        assert!(bugs.contains(id), "{id} not found: {bugs:?}");
    }
    // A release without a bug is not reported to have it.
    let newest = fuzz(&sides("reference-command", |_| true), &plan(256));
    assert!(newest.bugs().iter().all(|(id, _)| !["B6", "C1", "C4", "C5", "L14"].contains(id)));
}

/// Without its rule, a difference is a finding of one or two calls, with a separate guest that reproduces it.
#[test]
fn uncovered_differences_are_shrunk_and_emitted() {
    let sides = sides("reference-command", |rule| rule.id != "closed-seek");
    let functions = ["fd_close", "fd_seek"].into_iter().filter_map(function).collect();
    let report = fuzz(&sides, &Plan { shrink: true, functions, ..plan(64) });
    let found = report.findings.iter().find(|finding| finding.difference.baseline == "badf");
    let finding = found.expect("a seek of a closed descriptor differs");
    assert_eq!([&finding.difference.baseline, &finding.difference.candidate], ["badf", "spipe"]);
    assert!(finding.trial.program.calls.len() <= 2, "{:?}", finding.trial.program.calls);
    let emitted = emit(&sides, finding, "found").unwrap();
    assert!(emitted.alone && emitted.case.contains("present = [\"=50.0.1\"]"), "{}", emitted.case);
    assert!(emitted.guest.contains("call $fd_seek") && emitted.evidence.contains("fd_seek 8"), "{}", emitted.evidence);
    let folder = tempfile::tempdir().unwrap();
    emitted.write(folder.path()).unwrap();
    assert!(folder.path().join("guests/found.fuzz.case.toml").is_file());
}

/// Stale rules are errors.
#[test]
#[ignore = "slow: run with `-- --ignored`"]
fn every_rule_is_triggered() {
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
    let mut matched = BTreeSet::new();
    for (release, seed, programs, only) in HUNTS {
        let functions = only.iter().filter_map(|name| function(name)).collect();
        let sides = sides(&format!("reference-command{release}"), |_| true);
        let report = fuzz(&sides, &Plan { seed: *seed, functions, ..plan(*programs) });
        matched.extend(report.rules.iter().enumerate().filter(|(_, (_, count))| *count > 0).map(|(number, _)| number));
    }
    let rules = published();
    let stale: Vec<String> = (0..rules.len())
        .filter(|number| !matched.contains(number))
        .map(|number| format!("{number}: {} {:?} {}", rules[number].id, rules[number].functions, rules[number].place))
        .collect();
    assert!(stale.is_empty(), "not triggered:\n{}", stale.join("\n"));
}

/// Native preview1 and this suite's adapter on WASI 0.2 differ only by choice, and every difference has a rule.
#[test]
#[ignore = "slow: run with `-- --ignored`"]
fn the_suites_adapter_has_no_known_bug() {
    let sides = sides(OURS, |_| true);
    let waits = ["path_open", "poll_oneoff"].into_iter().filter_map(function).collect();
    let reports = [plan(4096), Plan { functions: waits, ..plan(4096) }].map(|plan| fuzz(&sides, &plan));
    for (number, rule) in sides.rules.rules.iter().enumerate() {
        let programs: u64 = reports.iter().map(|report| report.rules[number].1).sum();
        assert!(programs > 0, "not triggered: {} {:?}", rule.id, rule.functions);
        assert_ne!(rule.class, Class::Bug, "{}", rule.id);
    }
    for report in reports {
        assert!(report.findings.is_empty(), "{report}");
    }
}

/// References of rules exist.
#[test]
fn references_of_rules_exist() {
    let divergences = divergence::Rules::read(&root().join(divergence::RULES_FILE)).unwrap();
    let ours = rules(&["native", OURS].map(|side| side.parse().unwrap())).rules;
    for rule in published().into_iter().chain(ours) {
        let id = &rule.id;
        match rule.about.as_str() {
            divergence::RULES_FILE => {
                let known = divergences.rules.iter().find(|known| known.id == *id);
                let known = known.unwrap_or_else(|| panic!("{id} is not a rule of {}", rule.about));
                assert_eq!(known.class, rule.class, "{id}");
            }
            path if path.starts_with("guests/") => assert_eq!(rule.bug.map(|bug| bug.id).as_ref(), Some(id)),
            // Behavior of this suite's adapters is documented in their README.
            path => {
                let is_allowed = path.starts_with("docs/findings/") || path == "adapters/README.md";
                assert!(is_allowed && root().join(path).is_file(), "{id}: `{path}` not found");
            }
        }
        assert!(rule.link.contains("://") || root().join(&rule.link).is_file(), "{id}: `{}` not found", rule.link);
    }
}
