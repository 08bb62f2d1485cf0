//! Runner as a library and as a test binary: selection, order, blessing, custom hosts and imports.

use std::fs;
use std::path::Path;

use libtest_mimic::Arguments;
use polyfill_runner::case::{Bug, Bytes, Case, Expect, FileBytes};
use polyfill_runner::failing::{FailureKind, FailureKinds};
use polyfill_runner::index::{Artifact, CaseEntry, FILE, Index, Stage, Trial};
use polyfill_runner::wasmtime::StoreContextMut;
use polyfill_runner::wasmtime::component::Linker;
use polyfill_runner::{
    Engine, EngineKind, Host, Hosts, Inputs, Limits, Options, Runner, Sinks, State, Verdict, run_component,
};

/// Creates a suite with a guest that prints, with cases `good` and `bad`, and a guest that cannot be built.
fn suite() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let hello = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/components/hello.wat");
    fs::write(path.join("hello.wasm"), wat::parse_file(hello).unwrap()).unwrap();
    fs::create_dir(path.join("guests")).unwrap();
    fs::write(path.join("guests/bad.stdout"), "other\n").unwrap();

    let file = FileBytes { file: "bad.stdout".into(), content: Some("6f746865720a".into()) };
    let stdout = |bytes| Case { expect: Expect { stdout: Some(bytes), ..Expect::default() }, ..Case::default() };
    let mut index = Index::default();
    let mut add = |guest: &str, case: &str, host: &str, artifact: Artifact, content: Case| {
        let entry = CaseEntry { source: format!("guests/{guest}.{case}.case.toml"), case: content };
        index.cases.insert(format!("{guest}::{case}"), entry);
        let (guest, case, host) = (guest.into(), case.into(), host.into());
        index.trials.push(Trial { guest, case, adapter: "none".into(), host, artifact, sanitize: None });
    };
    let component = || Artifact::Component("hello.wasm".into());
    add("c-guest", "default", "my-wasi", Artifact::Ignored("no C compiler".into()), Case::default());
    add("hello", "bad", "my-wasi", component(), stdout(Bytes::File(file)));
    add("hello", "good", "my-wasi", component(), stdout(Bytes::Text("hello\nworld\n".into())));
    add("hello", "good", "my-wasi-typed", component(), stdout(Bytes::Text("hello\nworld\n".into())));
    fs::write(path.join(FILE), serde_json::to_vec(&index).unwrap()).unwrap();
    folder
}

fn verdicts(runner: &Runner, filter: &str) -> Vec<(String, &'static str)> {
    let results = runner.run_trials(|trial| trial.name().contains(filter), 2, |_| ()).unwrap();
    let verdict = |verdict| match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed { .. } => "failed",
        Verdict::Blessed { .. } => "blessed",
        Verdict::FailedAsExpected { .. } => "failed as expected",
        Verdict::Ignored { .. } => "ignored",
    };
    results.into_iter().map(|result| (result.name, verdict(result.verdict))).collect()
}

#[test]
fn results_are_in_index_order() {
    let suite = suite();
    let runner = Runner::new(suite.path()).bless(false);
    let expected = [
        ("c-guest::default::none::my-wasi".to_string(), "ignored"),
        ("hello::bad::none::my-wasi".to_string(), "failed"),
        ("hello::good::none::my-wasi".to_string(), "passed"),
        ("hello::good::none::my-wasi-typed".to_string(), "passed"),
    ];
    assert_eq!(verdicts(&runner, ""), expected);
    assert_eq!(verdicts(&runner, "typed"), expected[3..]);
}

#[test]
fn arguments_match_libtest() {
    let suite = suite();
    let log = suite.path().join("log");
    let run = |arguments: &[&str]| {
        let all = ["suite", "--logfile", log.to_str().unwrap(), "--color", "never"];
        let arguments = Arguments::from_iter(all.iter().chain(arguments).copied());
        let code = Runner::new(suite.path()).bless(false).run_with(&arguments);
        (format!("{code:?}"), fs::read_to_string(&log).unwrap())
    };
    let success = format!("{:?}", std::process::ExitCode::SUCCESS);

    let (code, list) = run(&["--list", "--format", "terse"]);
    assert_eq!(code, success);
    assert_eq!(list.lines().count(), 4, "{list}");
    assert_eq!(list.lines().next(), Some("c-guest::default::none::my-wasi: test"));
    assert!(!suite.path().join("compiled").exists(), "listing must not compile");
    let (_, list) = run(&["--list", "--format", "terse", "--ignored"]);
    assert_eq!(list, "c-guest::default::none::my-wasi: test\n");

    let (code, log) = run(&["--exact", "hello::good::none::my-wasi", "--nocapture"]);
    assert_eq!(code, success);
    assert!(log.contains("1 passed; 0 failed; 0 ignored"), "{log}");
    let (code, log) = run(&["--skip", "good", "--test-threads", "1"]);
    assert_ne!(code, success);
    assert!(log.contains("0 passed; 1 failed; 1 ignored"), "{log}");
    assert!(log.contains("rerun: cargo test --test suite -- --exact hello::bad::none::my-wasi"), "{log}");
    let (code, log) = run(&["c-guest", "--ignored"]);
    assert_eq!(code, success);
    assert!(log.contains("no C compiler"), "{log}");
}

#[test]
fn blessing_rewrites_the_files_of_failing_cases() {
    let suite = suite();
    let golden = suite.path().join("guests/bad.stdout");
    let before = fs::read_to_string(&golden).unwrap();
    let bless = Options { bless: true, ..Options::default() };
    let runner = |options| Runner::new(suite.path()).root(suite.path()).options(options);

    let in_ci = runner(Options { ci: true, ..bless.clone() });
    let error = in_ci.run_trials(|_| true, 1, |_| ()).unwrap_err().to_string();
    assert!(error.starts_with("BLESS is not allowed in CI"), "{error}");
    let off = runner(bless.clone()).bless(false);
    assert_eq!(verdicts(&off, "bad"), [("hello::bad::none::my-wasi".to_string(), "failed")]);
    assert_eq!(fs::read_to_string(&golden).unwrap(), before);

    assert_eq!(verdicts(&runner(bless), "bad"), [("hello::bad::none::my-wasi".to_string(), "blessed")]);
    assert_eq!(fs::read_to_string(golden).unwrap(), "hello\nworld\n");
}

#[test]
fn options_select_engines_unless_the_runner_does() {
    let suite = suite();
    let winch: EngineKind = "winch".parse().unwrap();
    let options = Options { engines: Some(vec![winch]), ..Options::default() };
    let hosts = |runner: Runner| {
        let trials = runner.index().unwrap().trials.into_iter().filter(|trial| trial.case == "bad");
        trials.map(|trial| trial.host).collect::<Vec<_>>()
    };
    let runner = || Runner::new(suite.path());
    assert_eq!(hosts(runner()), ["my-wasi"]);
    assert_eq!(hosts(runner().options(options.clone())), ["my-wasi/winch"]);
    assert_eq!(hosts(runner().options(options.clone()).engines([EngineKind::default()])), ["my-wasi"]);
    assert_eq!(
        hosts(runner().options(options).on_engine_of("g::c::none::h/pulley")),
        ["my-wasi/pulley", "my-wasi/winch"]
    );
}

#[test]
fn a_missing_or_invalid_index_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = Runner::new(folder.path()).bless(false).index().unwrap_err().to_string();
    assert!(error.starts_with("cannot read "), "{error}");
    fs::write(folder.path().join(FILE), "{}").unwrap();
    let error = Runner::new(folder.path()).bless(false).index().unwrap_err().to_string();
    assert!(error.contains("missing field `cases`"), "{error}");
}

/// Host defined outside of the runner.
struct Shouting;

impl Host for Shouting {
    fn name(&self) -> &str {
        "shouting"
    }

    fn add_to_linker(&self, linker: &mut Linker<State>) -> polyfill_runner::wasmtime::Result<()> {
        linker.instance("my-wasi")?.func_wrap("print", |mut store: StoreContextMut<'_, State>, (data,): (Vec<u8>,)| {
            *store.data_mut().with::<u32>() += 1;
            let text = format!("{} {}", *store.data_mut().with::<u32>(), String::from_utf8_lossy(&data).to_uppercase());
            store.data().stdout().write(text.as_bytes())?;
            Ok((data.len() as u32,))
        })
    }
}

#[test]
fn custom_hosts_and_imports_are_used() {
    let suite = suite();
    let bytes = fs::read(suite.path().join("hello.wasm")).unwrap();
    let mut hosts = Hosts::default();
    hosts.add(Shouting);
    let engine = Engine::new(None).unwrap();
    let run = |host: &str| {
        let host = hosts.get(host).unwrap();
        run_component(&engine, &bytes, host, &Inputs::default(), &Limits::default(), Sinks::default()).unwrap()
    };
    assert_eq!(run("shouting").stdout, b"1 HELLO\n2 WORLD\n");
    assert_eq!(run("my-wasi").stdout, b"hello\nworld\n");

    let runner = Runner::new(suite.path()).bless(false).imports("hello", |linker| {
        linker.instance("my-wasi")?.func_wrap("print", |store: StoreContextMut<'_, State>, (data,): (Vec<u8>,)| {
            store.data().stdout().write(b".")?;
            Ok((data.len() as u32,))
        })
    });
    let results = runner.run_trials(|trial| trial.case == "good", 1, |_| ()).unwrap();
    assert_eq!(results[0].observation.as_ref().unwrap().stdout, b"..");
    assert_eq!(results[0].mismatches.len(), 1);
}

#[test]
fn cases_with_host_code_are_ignored_without_imports() {
    let suite = suite();
    let path = suite.path().join(FILE);
    let mut index: Index = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    index.cases.get_mut("hello::good").unwrap().case.host_code = true;
    fs::write(&path, serde_json::to_vec(&index).unwrap()).unwrap();
    let good = |verdict| [("hello::good::none::my-wasi".to_string(), verdict)];

    let runner = Runner::new(suite.path()).bless(false).imports("other", |_| Ok(()));
    assert_eq!(verdicts(&runner, "good::none::my-wasi")[..1], good("ignored"));
    let log = suite.path().join("log");
    let arguments = ["suite", "good", "--logfile", log.to_str().unwrap(), "--color", "never"];
    runner.run_with(&Arguments::from_iter(arguments));
    assert!(fs::read_to_string(log).unwrap().contains("0 passed; 0 failed; 2 ignored"));

    let runner = Runner::new(suite.path()).bless(false).imports("hello", |_| Ok(()));
    assert_eq!(verdicts(&runner, "good::none::my-wasi")[..1], good("passed"));
}

#[test]
fn slow_cases_are_ignored_by_default_in_test_binaries() {
    let suite = suite();
    let path = suite.path().join(FILE);
    let mut index: Index = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    index.cases.get_mut("hello::good").unwrap().case.slow = Some("many calls".into());
    fs::write(&path, serde_json::to_vec(&index).unwrap()).unwrap();
    let runner = Runner::new(suite.path()).bless(false);
    let log = suite.path().join("log");
    for (option, counts) in
        [("--quiet", "0 passed; 0 failed; 2 ignored"), ("--include-ignored", "2 passed; 0 failed; 0 ignored")]
    {
        let arguments = ["suite", "good", "--logfile", log.to_str().unwrap(), "--color", "never", option];
        Runner::new(suite.path()).bless(false).run_with(&Arguments::from_iter(arguments));
        let log = fs::read_to_string(&log).unwrap();
        assert!(log.contains(counts), "{log}");
    }
    let all = verdicts(&runner, "good");
    assert!(all.iter().all(|(_, verdict)| *verdict == "passed"), "the command runs them: {all:?}");
}

/// A case must fail on a release with the bug and pass on a release without it; anything else is a failure.
#[test]
fn known_bugs_fail_only_on_affected_releases() {
    let suite = suite();
    let path = suite.path().join(FILE);
    let mut index: Index = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let bug = Bug { id: "B".into(), present: Some(vec!["<29".into()]), with: None, link: None };
    for case in ["hello::good", "hello::bad"] {
        index.cases.get_mut(case).unwrap().case.bug = Some(bug.clone());
    }
    for (trial, adapter) in index.trials.iter_mut().filter(|trial| trial.guest == "hello").zip([
        "reference-command@28.0.0",
        "reference-command@28.0.0",
        "reference-command",
    ]) {
        trial.adapter = adapter.into();
    }
    fs::write(&path, serde_json::to_vec(&index).unwrap()).unwrap();
    // Blessing does not affect a case with a known bug.
    let runner = Runner::new(suite.path()).bless(true);
    let verdicts_of_hello: Vec<&str> = verdicts(&runner, "hello").into_iter().map(|(_, verdict)| verdict).collect();
    assert_eq!(verdicts_of_hello, ["failed as expected", "failed", "passed"]);

    // A trial that does not run does not count as an expected failure.
    index.trials.iter_mut().filter(|trial| trial.guest == "hello").for_each(|trial| trial.host = "nowhere".into());
    fs::write(&path, serde_json::to_vec(&index).unwrap()).unwrap();
    assert_eq!(verdicts(&runner, "hello::bad").first().map(|(_, verdict)| *verdict), Some("failed"));

    // Neither does a component that was not built, unless the bug is declared as an error.
    let not_built = Artifact::Failed { stage: Stage::Encode, message: "no such function".into() };
    for (with, expected) in [
        (None, "failed"),
        (Some(FailureKinds::One(FailureKind::Trap)), "failed"),
        (Some(FailureKinds::Several(vec![FailureKind::Trap, FailureKind::Error])), "failed as expected"),
    ] {
        index.cases.get_mut("hello::bad").unwrap().case.bug = Some(Bug { with, ..bug.clone() });
        let trials = index.trials.iter_mut().filter(|trial| trial.case == "bad");
        trials.for_each(|trial| trial.artifact = not_built.clone());
        fs::write(&path, serde_json::to_vec(&index).unwrap()).unwrap();
        assert_eq!(verdicts(&runner, "hello::bad").first().map(|(_, verdict)| *verdict), Some(expected));
    }
}
