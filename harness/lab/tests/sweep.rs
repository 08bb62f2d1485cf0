//! Sweeps: what is wrong with planted adapters is found, what is known of the suite's own has a rule, and each rule is needed.

#[path = "../../../tests/golden/mod.rs"]
mod golden;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use polyfill_build::Suite;
use polyfill_lab::sweep::{Group, Judgement, Plan, Rules, Swept, one, sweep};

/// An adapter of one function, and others that differ from it in what they do when the host fails: the text that stands in the
/// place of the marked one.
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
const MARK: &str = ";; when a stream has failed";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn plan(suite: &Path, words: &[&str], sides: &[&str]) -> Plan {
    let sides = sides.iter().map(|side| side.parse().unwrap()).collect();
    Plan { suite: Suite::new(suite).filter(words.iter().copied()), sides, only: Vec::new(), jobs: 2, whole: false }
}

#[test]
fn what_is_planted_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let suite = planted(folder.path());
    let mut text = String::new();
    for (name, _) in PLANTED {
        let side = format!("wasi_snapshot_preview1.{name}");
        let judgement = sweep(&plan(&suite, &[], &[&side])).unwrap().judge(&Rules::default());
        text += &format!("{judgement}\n");
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sweep/planted.txt");
    golden::is_golden(&golden, &text);
}

/// Each by the word that says what is wrong with it; and nothing is wrong with the good one once its one rule is there.
#[test]
fn planted_adapters_are_told_apart() {
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
        let judgement = sweep(&plan(&suite, &[], &[&side])).unwrap().judge(&rules);
        let wrong: Vec<&str> = judgement.wrong().map(|(_, row)| row.outcome.as_str()).collect();
        assert_eq!(wrong.first().copied(), word, "{name}: {wrong:?}");
        assert_eq!(judgement.is_clean(), word.is_none(), "{name}");
        for (_, row) in judgement.wrong() {
            // The command that is told shows the same.
            let shown = one(&plan(&suite, &[&row.first.case], &[&side]), &row.first.at).unwrap();
            assert!(shown.verdict.outcomes.contains(&row.outcome), "{name}: {:?}", shown.verdict);
            assert_eq!((shown.fault.way.group, &shown.verdict.function), (Group::Failed, &row.function));
            assert!(shown.trace.events.len() > 2);
        }
    }
}

#[test]
fn threads_make_no_difference() {
    let words = ["sweep-clocks"];
    let sides = ["reference-command", "wasi_snapshot_preview1.command@my-wasi"];
    let told = |jobs| {
        let plan = Plan { jobs, ..plan(&root(), &words, &sides) };
        sweep(&plan).unwrap().judge(&rules()).to_string()
    };
    assert_eq!(told(1), told(3));
}

#[test]
fn one_function_may_be_asked_for() {
    let plan = Plan { only: vec!["clock_res_get".into()], ..plan(&root(), &["sweep-clocks"], &["reference-command"]) };
    let judgement = sweep(&plan).unwrap().judge(&rules());
    let [side] = &judgement.sides[..] else { panic!("one side") };
    assert!(side.faults > 0 && side.rows.iter().all(|row| row.function == "clock_res_get"));
}

#[test]
fn what_cannot_be_swept_is_refused() {
    let told = |plan: &Plan| sweep(plan).map(drop).unwrap_err().to_string();
    assert!(told(&plan(&root(), &["sweep-clocks"], &["native"])).contains("no adapter"));
    assert!(told(&plan(&root(), &["sweep-clocks"], &["reference-command@node"])).contains("no host `node`"));
    assert!(told(&plan(&root(), &["no-such-guest"], &["reference-command"])).contains("no case"));
    let clocks = plan(&root(), &["sweep-clocks"], &["reference-command"]);
    let message = one(&clocks, "1:no-such-way").map(drop).unwrap_err().to_string();
    assert!(message.contains("no fault `1:no-such-way`") && message.contains("1:trap"), "{message}");
}

/// What the suite's own adapters and the newest published one make of all faults is what `sweep.toml` says.
#[test]
fn all_that_is_not_right_has_a_rule() {
    let judgement = whole().judge(&rules());
    assert!(judgement.is_clean(), "{judgement}");
    for side in &judgement.sides {
        assert!(side.left_out.is_empty(), "{:?}", side.left_out);
    }
    // A sweep of nothing would be clean, too.
    let faults = |judgement: &Judgement| judgement.sides.iter().map(|side| side.faults).sum::<u64>();
    assert!(faults(&judgement) > 4000, "{judgement}");
}

#[test]
fn without_any_one_rule_the_sweep_fails() {
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
fn a_rule_that_nothing_triggers_fails() {
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
fn rules_link_to_something() {
    for rule in rules().rules {
        assert!(rule.link.contains("://") || root().join(&rule.link).is_file(), "{}: no `{}`", rule.id, rule.link);
    }
}

/// All that is swept if nothing else is asked for: the runs are made once.
fn whole() -> &'static Swept {
    static SWEPT: OnceLock<Swept> = OnceLock::new();
    SWEPT.get_or_init(|| {
        let Rules { adapters: sides, cases, .. } = rules();
        let suite = Suite::new(root()).filter(cases);
        sweep(&Plan { suite, sides, only: Vec::new(), jobs: 2, whole: true }).unwrap()
    })
}

fn rules() -> Rules {
    Rules::read(&root()).unwrap()
}

/// A suite of one guest, which writes two lines and each once more if that fails, and of all planted adapters.
fn planted(folder: &Path) -> PathBuf {
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sweep");
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
