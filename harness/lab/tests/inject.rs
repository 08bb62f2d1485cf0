//! Fault injection: bugs of planted adapters are found, known differences of the suite's own adapters have rules, and
//! every rule is required.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use polyfill_builder::Suite;
use polyfill_lab::inject::{Group, Judgement, Plan, Rules, Swept, inject, one};
use polyfill_testing::golden;

/// An adapter with one function, and variations of its error handling: the text that replaces the marked line.
const PLANTED: [(&str, &str); 9] = [
    ("good", "(call $drop_error (local.get $error))"),
    ("swallows", "(call $drop_error (local.get $error)) (local.set $errno (i32.const 0))"),
    ("leaks", ""),
    ("traps", "unreachable"),
    ("wrong", "(call $drop_error (local.get $error)) (local.set $errno (i32.const 8))"),
    ("forgets", "(call $drop_error (local.get $error)) (global.set $gone (i32.const 1))"),
    ("spins", "(loop $again (br $again))"),
    ("asks", "(loop $again (call $drop_stream (call $get_stdout)) (br $again))"),
    ("scribbles", "(call $drop_error (local.get $error)) (i32.store (i32.const 512) (i32.const -1))"),
];
const MARK: &str = ";; error handling";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn plan(suite: &Path, words: &[&str], sides: &[&str]) -> Plan {
    let sides = sides.iter().map(|side| side.parse().unwrap()).collect();
    Plan {
        suite: Suite::from_env(suite).filter(words.iter().copied()),
        sides,
        only: Vec::new(),
        proposals: BTreeSet::new(),
        jobs: 2,
        whole: false,
    }
}

#[test]
fn planted_bugs_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let suite = planted(folder.path());
    let mut text = String::new();
    for (name, _) in PLANTED {
        let side = format!("wasi_snapshot_preview1.{name}");
        let judgement = inject(&plan(&suite, &[], &[&side])).unwrap().judge(&Rules::default());
        text += &format!("{judgement}\n");
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inject/planted.txt");
    golden::assert(&golden, &text);
}

/// Each adapter has its expected outcome. The good one has no wrong outcome once its one rule is present.
#[test]
fn planted_adapters_have_the_expected_outcomes() {
    let folder = tempfile::tempdir().unwrap();
    let suite = planted(folder.path());
    let rules = Rules::parse(
        "[[rule]]\nid = 'region'\nclass = 'structural'\nreason = 'r'\nlink = 'l'\nadapters = ['*']\n\
         functions = ['start']\ncalls = ['memory.grow']\noutcomes = ['trap']\n",
    )
    .unwrap();
    for (name, word) in [
        ("good", None),
        ("swallows", Some("success")),
        ("leaks", Some("leaks error")),
        ("traps", Some("trap")),
        ("wrong", Some("badf")),
        ("forgets", Some("other calls")),
        ("spins", Some("hang")),
        ("asks", Some("hang")),
        ("scribbles", Some("memory")),
    ] {
        let side = format!("wasi_snapshot_preview1.{name}");
        let judgement = inject(&plan(&suite, &[], &[&side])).unwrap().judge(&rules);
        let wrong: Vec<&str> = judgement.wrong().map(|(_, row)| row.outcome.as_str()).collect();
        assert_eq!(wrong.first().copied(), word, "{name}: {wrong:?}");
        assert_eq!(judgement.is_clean(), word.is_none(), "{name}");
        for (_, row) in judgement.wrong() {
            // The reported command reproduces the outcome.
            let shown = one(&plan(&suite, &[&row.first.case], &[&side]), &row.first.at).unwrap();
            assert!(shown.verdict.outcomes.contains(&row.outcome), "{name}: {:?}", shown.verdict);
            assert_eq!((shown.fault.mode.group, &shown.verdict.function), (Group::Failed, &row.function));
            assert!(shown.trace.events.len() > 2);
        }
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let words = ["inject-clocks"];
    let sides = ["reference-command", "wasi_snapshot_preview1.command@my-wasi"];
    let report = |jobs| {
        let plan = Plan { jobs, ..plan(&root(), &words, &sides) };
        inject(&plan).unwrap().judge(&rules()).to_string()
    };
    assert_eq!(report(1), report(3));
}

#[test]
fn faults_can_be_limited_to_one_function() {
    let plan = Plan { only: vec!["clock_res_get".into()], ..plan(&root(), &["inject-clocks"], &["reference-command"]) };
    let judgement = inject(&plan).unwrap().judge(&rules());
    let [side] = &judgement.sides[..] else { panic!("one side") };
    assert!(side.faults > 0 && side.rows.iter().all(|row| row.function == "clock_res_get"));
}

#[test]
fn unsupported_selections_are_rejected() {
    let error = |plan: &Plan| inject(plan).map(drop).unwrap_err().to_string();
    assert!(error(&plan(&root(), &["inject-clocks"], &["native"])).contains("without an adapter"));
    assert!(
        error(&plan(&root(), &["inject-clocks"], &["reference-command@node"])).contains("host `node` does not support")
    );
    assert!(error(&plan(&root(), &["no-such-guest"], &["reference-command"])).contains("no selected case"));
    let clocks = plan(&root(), &["inject-clocks"], &["reference-command"]);
    let message = one(&clocks, "1:no-such-way").map(drop).unwrap_err().to_string();
    assert!(message.contains("no fault `1:no-such-way`") && message.contains("1:trap"), "{message}");
}

/// Wrong outcomes of the suite's own adapters and of the newest published one are those of `known/faults.toml`.
#[test]
#[ignore = "slow: run with `-- --ignored`"]
fn every_wrong_outcome_has_a_rule() {
    let judgement = whole().judge(&rules());
    assert!(judgement.is_clean(), "{judgement}");
    for side in &judgement.sides {
        assert!(side.left_out.is_empty(), "{:?}", side.left_out);
    }
    // An empty selection would pass, too.
    let faults = |judgement: &Judgement| judgement.sides.iter().map(|side| side.faults).sum::<u64>();
    assert!(faults(&judgement) > 4000, "{judgement}");
}

#[test]
#[ignore = "slow: run with `-- --ignored`"]
fn every_rule_is_required() {
    let rules = rules();
    assert!(!rules.rules.is_empty());
    for number in 0..rules.rules.len() {
        let mut fewer = rules.clone();
        let rule = fewer.rules.remove(number);
        let judgement = whole().judge(&fewer);
        assert!(judgement.wrong().next().is_some() && !judgement.is_clean(), "without rule {}", rule.id);
    }
}

#[test]
#[ignore = "slow: run with `-- --ignored`"]
fn an_untriggered_rule_is_an_error() {
    let mut rules = rules();
    let mut stale = rules.rules[0].clone();
    stale.id = "stale".into();
    stale.outcomes = vec!["success".into()];
    stale.functions = vec!["fd_close".into()];
    rules.rules.push(stale);
    let judgement = whole().judge(&rules);
    assert_eq!((judgement.stale.as_slice(), judgement.is_clean()), (&["stale".to_string()][..], false));
}

#[test]
fn links_of_rules_exist() {
    for rule in rules().rules {
        assert!(
            rule.link.contains("://") || root().join(&rule.link).is_file(),
            "{}: `{}` not found",
            rule.id,
            rule.link
        );
    }
}

/// Returns the results of the default selection, which is run once.
fn whole() -> &'static Swept {
    static SWEPT: OnceLock<Swept> = OnceLock::new();
    SWEPT.get_or_init(|| {
        let Rules { adapters: sides, cases, .. } = rules();
        let suite = Suite::from_env(root()).filter(cases);
        inject(&Plan { suite, sides, only: Vec::new(), proposals: BTreeSet::new(), jobs: 2, whole: true }).unwrap()
    })
}

fn rules() -> Rules {
    Rules::read(&root()).unwrap()
}

/// Writes a suite of all planted adapters and one guest, which writes two lines and retries each once.
fn planted(folder: &Path) -> PathBuf {
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inject");
    let read = |name: &str| fs::read_to_string(inputs.join(name)).unwrap();
    let write = |name: String, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for name in ["writes.wat", "writes.toml", "writes.twice.case.toml"] {
        write(format!("guests/{name}"), &read(name));
    }
    for name in ["guest.wit", "host.wit"] {
        write(format!("wit/{name}"), &read(name));
    }
    let adapter = read("adapter.wat");
    assert!(adapter.contains(MARK));
    for (name, failed) in PLANTED {
        write(format!("adapters/wasi_snapshot_preview1.{name}.wat"), &adapter.replace(MARK, failed));
        let sidecar = "default = false\nwit = \"wit/host.wit\"\nworld = \"adapter\"\n";
        write(format!("adapters/wasi_snapshot_preview1.{name}.toml"), sidecar);
    }
    folder.to_path_buf()
}
