//! Hosts that are programs, as bad as they come: each is a script of a shell, and none of them hangs or breaks the harness.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use polyfill_runner::case::{Call, LimitName};
use polyfill_runner::descriptor::Descriptor;
use polyfill_runner::tree::Preopen;
use polyfill_runner::{Engine, Inputs, Limits, Observation, Outcome, RemoteHost, RemoteRun, Sinks};

/// Says hello, and then what is given once for each line that comes.
const POLITE: &str = "read line; echo '{\"hello\": {\"protocol\": 1}}'\n";

#[test]
fn what_a_host_says_is_the_observation() {
    let seen = observe(
        &[
            POLITE,
            "while read line; do",
            r#"
            echo '"started"'; echo '{"stdout": "6869"}'; echo '{"stderr": "ff"}'
            echo '{"call": {"instance": "names", "function": "name-of", "arguments": [7], "result": "x"}}'
            echo '{"returned": {"value": "y"}}'
            echo '{"end": {"outcome": "returned", "pages": [1, 2]}}'
        done"#,
        ],
        2,
    );
    assert_eq!(seen.outcome, Outcome::Returned);
    assert_eq!((&seen.stdout[..], &seen.stderr[..]), (&b"hi"[..], &b"\xff"[..]));
    assert_eq!(seen.calls, ["names.name-of(7) -> \"x\""]);
    assert_eq!(seen.returned[0].value.as_deref(), Some("\"y\""));
    assert_eq!((seen.pages_initial, seen.pages_grown), (1, 2));
    assert_eq!(seen.imports, ["names.name-of"]);
}

#[test]
fn one_process_does_many_runs() {
    let script =
        [POLITE, "n=0; while read line; do n=$((n+1)); echo '{\"end\": {\"outcome\": {\"exit\": '$n'}}}'; done"];
    assert_eq!(observe(&script, 3).outcome, Outcome::Exit(3));
}

#[test]
fn a_trap_has_frames() {
    let trap = r#"read line; echo '{"end": {"outcome": {"trap": {"message": "unreachable", "frames": [
        {"module": "m", "function": "f", "offset": 3}]}}}}' | tr -d '\n'; echo; read line"#;
    let seen = observe(&[POLITE, trap], 1);
    assert!(seen.outcome.backtrace().ends_with(" 0: m!f +0x3\n"), "{}", seen.outcome.backtrace());
}

#[test]
fn hosts_that_fail_are_quoted() {
    for (script, expected) in [
        (
            "echo 'no such library' >&2; exit 3",
            "it ended in the middle (exit status: 3)\non standard error it says:\nno such library",
        ),
        ("echo nonsense; read line", "a line of it makes no sense: expected value"),
        ("echo '{\"stdout\": \"00\"}'; read line", "the first thing that it says is not `hello`"),
        ("echo '{\"hello\": {\"protocol\": 9}}'; read line", "it speaks version 9 of the protocol, not 1"),
        ("echo '{\"hello\": {\"protocol\": 1, \"name\": \"x\"}}'; read line", "unknown field `name`"),
    ] {
        failed(observe(&[script], 1), expected);
    }
    for (script, expected) in [
        ("kill -9 $$", "it ended in the middle (signal: 9"),
        ("read line; echo '{\"stdout\": \"xy\"}'; read line", "output that is no pairs of hexadecimal digits"),
        ("read line; echo '{\"returned\": {\"value\": 5}}'; read line", "the result of `greet`: `5` is no string"),
        ("read line; echo '{\"returned\": {}}'; read line", "the result of `greet`: it is not there"),
        (
            "read line; echo '{\"call\": {\"function\": \"f\", \"arguments\": []}}'; read line",
            "a call of `f`, which the component",
        ),
        ("read line; echo '{\"end\": {\"outcome\": \"returned\"}}'; read line", "not all calls have"),
        ("read line; echo '{\"end\": {\"outcome\": \"no such\"}}'; read line", "unknown variant `no such`"),
    ] {
        failed(observe(&[POLITE, script], 1), expected);
    }
}

#[test]
fn what_never_ends_is_ended() {
    let start = Instant::now();
    let slow = observe(&[POLITE, "read line; echo '\"started\"'; sleep 100"], 1);
    assert!(matches!(slow.outcome, Outcome::Timeout { milliseconds: 500, .. }), "{:?}", slow.outcome);
    let flood = observe(&[POLITE, "read line; while true; do echo '{\"stdout\": \"6161616161616161\"}'; done"], 1);
    assert_eq!(
        flood.outcome,
        Outcome::Limit { limit: LimitName::Output, message: "more than 1000 bytes on standard output".into() }
    );
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn what_a_host_lacks_is_told() {
    let missing = r#"needs = [{ file = "there/it/is", install = "npm ci --prefix there" }]"#;
    let why = "host `own`: no file `there/it/is`: `npm ci --prefix there`";
    assert_eq!(host(missing, "").1.missing().as_deref(), Some(why));
    let (_folder, cannot) = host("capabilities = []", "");
    let seen = run(&cannot);
    assert_eq!(seen.outcome, Outcome::NotRun("host `own`: it does not make the calls that the case has".into()));
}

/// A program's calls are not counted here: what it has made is looked at while it goes on.
#[test]
fn files_that_a_host_makes_have_limits() {
    let finds = r#"read line; folder=${line#*\"folder\":\"}; folder=${folder%%\"*}; echo '"started"'"#;
    let many = "n=0; while [ $n -lt 50 ]; do n=$((n+1)); : > \"$folder/$n\"; done; read line";
    let long = "echo 0123456789abcdef0123456789abcdef > \"$folder/f\"; read line";
    for (makes, expected) in
        [(many, "more than 40 files, directories and links"), (long, "more than 30 bytes of files")]
    {
        let (_folder, host) = host("capabilities = [\"calls\", \"files\"]", &[POLITE, finds, makes].join("\n"));
        let preopens = Some([("/".to_string(), Preopen::Folder(String::new()))].into());
        let inputs = Inputs { preopens, ..inputs() };
        let limits = Limits { timeout: Duration::from_secs(60), files: 30, entries: 40, ..Limits::default() };
        let seen = run_with(&host, &inputs, &limits);
        assert_eq!(seen.outcome, Outcome::Limit { limit: LimitName::Files, message: expected.into() });
    }
}

fn failed(seen: Observation, expected: &str) {
    match &seen.outcome {
        Outcome::HostFailed(why) => assert!(why.contains(expected), "{expected}: {why}"),
        outcome => panic!("{expected}: {outcome:?}"),
    }
}

/// The last of several runs on a host that is a script.
fn observe(script: &[&str], runs: usize) -> Observation {
    let (_folder, host) = host("capabilities = [\"calls\", \"records-calls\"]", &script.join("\n"));
    (0..runs).map(|_| run(&host)).last().unwrap()
}

fn host(more: &str, script: &str) -> (tempfile::TempDir, RemoteHost) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("host.sh"), script).unwrap();
    let descriptor: Descriptor = toml::from_str(&format!("command = [\"sh\", \"host.sh\"]\n{more}")).unwrap();
    let host = RemoteHost::new("own", descriptor, folder.path(), Path::new("cache"));
    (folder, host)
}

fn run(host: &RemoteHost) -> Observation {
    let limits = Limits { timeout: Duration::from_millis(500), output: 1000, ..Limits::default() };
    run_with(host, &inputs(), &limits)
}

fn inputs() -> Inputs {
    Inputs { calls: vec![Call::of("greet()")], ..Inputs::default() }
}

fn run_with(host: &RemoteHost, inputs: &Inputs, limits: &Limits) -> Observation {
    let guest = r#"(component
        (import "names" (instance (export "name-of" (func (param "number" u32) (result string)))))
        (core module $main
          (memory (export "memory") 1)
          (func (export "greet") (result i32) unreachable))
        (core instance $main (instantiate $main))
        (func (export "greet") (result string)
          (canon lift (core func $main "greet") (memory (core memory $main "memory")))))"#;
    let engine = Engine::new(None).unwrap();
    let program = &engine.program(&wat::parse_str(guest).unwrap()).unwrap();
    host.observe(&RemoteRun { program, file: None, inputs, limits }, Sinks::default())
}
