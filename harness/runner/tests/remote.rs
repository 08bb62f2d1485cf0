//! External hosts that violate the protocol. Each is a shell script, and none of them may block or crash the harness.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use polyfill_runner::case::{Call, LimitName, Proposal};
use polyfill_runner::descriptor::Descriptor;
use polyfill_runner::tree::Preopen;
use polyfill_runner::{Engine, Inputs, Limits, Observation, Outcome, RemoteHost, RemoteRun, Sinks};

/// Answers `hello`.
const POLITE: &str = "read line; echo '{\"hello\": {\"protocol\": 1}}'\n";

/// Reads a `run` request and sends `started`.
const STARTED: &str = "run() { read line && echo '\"started\"'; }\n";

const ALL: &str = "capabilities = [\"calls\", \"records-calls\", \"pages\"]";

#[test]
fn messages_become_the_observation() {
    let observation = observe(
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
    assert_eq!(observation.outcome, Outcome::Returned);
    assert_eq!((&observation.stdout[..], &observation.stderr[..]), (&b"hi"[..], &b"\xff"[..]));
    assert_eq!(observation.calls, ["names.name-of(7) -> \"x\""]);
    assert_eq!(observation.returned[0].value.as_deref(), Some("\"y\""));
    assert_eq!((observation.pages_initial, observation.pages_grown), (1, 2));
    assert_eq!(observation.imports, ["names.name-of"]);
}

#[test]
fn the_host_receives_the_proposals_of_the_case_and_may_refuse_them() {
    let script = r#"
        read line; wasm=${line#*\"wasm\":\[\"}; wasm=${wasm%%\"\]*}
        echo '{"end": {"outcome": {"not-run": "no proposal '"${wasm%%\"*},${wasm##*\"}"'"}}}'; read line"#;
    let seen = observe(&[POLITE, script], 1);
    assert_eq!(seen.outcome, Outcome::NotRun("no proposal custom-page-sizes,gc".into()));
}

#[test]
fn one_process_serves_many_runs() {
    let script = [
        POLITE,
        STARTED,
        "n=0; while run; do n=$((n+1)); echo '{\"end\": {\"outcome\": {\"exit\": '$n'}, \"pages\": [0, 0]}}'; done",
    ];
    assert_eq!(observe(&script, 3).outcome, Outcome::Exit(3));
}

#[test]
fn a_trap_has_frames() {
    let trap = r#"run; echo '{"end": {"pages": [0, 0], "outcome": {"trap": {"message": "unreachable", "frames": [{"module": "m", "function": "f", "offset": 3}]}}}}'
        read line || exit 0"#;
    let observation = observe(&[POLITE, STARTED, trap], 1);
    assert!(observation.outcome.backtrace().ends_with(" 0: m!f +0x3\n"), "{}", observation.outcome.backtrace());
}

#[test]
fn host_failures_are_reported() {
    for (script, expected) in [
        (
            "echo 'no such library' >&2; exit 3",
            "exited unexpectedly (exit status: 3), in the state `greeting`\nstandard error:\nno such library",
        ),
        ("echo nonsense; read line", "invalid message in the state `greeting`: expected value"),
        ("echo '{\"stdout\": \"00\"}'; read line", "message `stdout` in the state `greeting`: expected `hello`"),
        ("echo '{\"hello\": {\"protocol\": 9}}'; read line", "unsupported protocol version 9: expected 1"),
        ("echo '{\"hello\": {\"protocol\": 1, \"name\": \"x\"}}'; read line", "unknown field `name`"),
        ("printf '\\377\\n'; read line", "an output line is not valid UTF-8"),
    ] {
        failed(observe(&[script], 1), expected);
    }
    for (script, expected) in [
        ("kill -9 $$", "exited unexpectedly (signal: 9"),
        ("run; exit 0", "exited unexpectedly (exit status: 0), in the state `running`"),
        ("run; exec >&-; kill -STOP $$", "closed its output unexpectedly, in the state `running`"),
        ("run; echo '{\"stdout\": \"xy\"}'; read line", "output is not a sequence of hexadecimal digit pairs"),
        ("run; echo '{\"returned\": {\"value\": 5}}'; read line", "result of `greet`: `5` is not a valid string"),
        ("run; echo '{\"returned\": {}}'; read line", "result of `greet`: missing"),
        (
            "run; echo '{\"returned\": {\"invoke\": \"other()\", \"value\": \"x\"}}'; read line",
            "message `returned` for the call `other()`: expected `greet()`",
        ),
        (
            "run; echo '{\"call\": {\"function\": \"f\", \"arguments\": []}}'; read line",
            "call of `f`, which the component",
        ),
        ("run; echo '{\"end\": {\"outcome\": \"no such\"}}'; read line", "unknown variant `no such`"),
        ("run; echo '{\"end\": {\"outcome\": {\"exit\": 0}}}'; read line", "message `end` without `pages`"),
    ] {
        failed(observe(&[POLITE, STARTED, script], 1), expected);
    }
}

/// Messages of a host whose run succeeds.
const RETURNED: &str = "echo '{\"returned\": {\"value\": \"x\"}}'\n";
const END: &str = "echo '{\"end\": {\"outcome\": \"returned\", \"pages\": [0, 0]}}'\n";

#[test]
fn messages_in_the_wrong_state_fail_the_host() {
    let started = "echo '\"started\"'\n";
    let unread = &format!("echo '{{\"hello\": {{\"protocol\": 1}}}}'\n{started}{RETURNED}{END}read line");
    for (script, expected) in [
        (
            &["read line", END][..],
            "message `end` with `returned` in the state `preparing`: expected `started`, or `end`",
        ),
        (&["read line", RETURNED], "message `returned` in the state `preparing`"),
        (&["read line", "echo '{\"stdout\": \"00\"}'"], "message `stdout` in the state `preparing`"),
        (&["run", "while true; do", started, "done"], "message `started` in the state `running`: expected `stdout`"),
        (
            &["run", END],
            "message `end` with `returned` in the state `running`: expected `stdout`, `stderr`, `call`, `returned` of call 1 of 1",
        ),
        (&["run", RETURNED, RETURNED], "message `returned` in the state `running`"),
        (&["run", "echo '{\"hello\": {\"protocol\": 1}}'"], "message `hello` in the state `running`"),
        (
            &[
                "run",
                "echo '{\"call\": {\"instance\": \"names\", \"function\": \"name-of\", \"arguments\": [7]}}'",
                RETURNED,
            ],
            "message `returned` in the state `unwinding`",
        ),
        (&["run", RETURNED, END, END], "message `end` with `returned` in the state `idle`: expected no message"),
        (
            &["run", RETURNED, END, "echo '{\"stdout\": \"00\"}'"],
            "message `stdout` in the state `idle`: expected no message",
        ),
        (&["run", RETURNED, END, "echo garbage"], "invalid message in the state `idle`"),
        (&["run", RETURNED, END, "printf garbage; exit 0"], "invalid message in the state `idle`"),
        (&["run", RETURNED, END, "exit 3"], "exited after a run (exit status: 3): expected exit status 0"),
        (&["run", RETURNED, END, "exec >&-; kill -STOP $$"], "closed its output after a run without exiting"),
    ] {
        let script: Vec<&str> =
            [POLITE, STARTED].into_iter().chain(script.iter().copied()).chain(["read line"]).collect();
        failed(observe(&script, 1), expected);
    }
    if cfg!(target_os = "linux") {
        let observation = observe(&[unread], 1);
        assert!(matches!(observation.outcome, Outcome::HostFailed(_)), "{:?}", observation.outcome);
    }
}

#[test]
fn messages_without_the_declared_capability_fail_the_host() {
    let call = "echo '{\"call\": {\"instance\": \"names\", \"function\": \"name-of\", \"arguments\": [7], \"result\": \"x\"}}'\n";
    for (capabilities, last, expected) in [
        ("['calls']", call, "message `call`: the descriptor does not declare the capability `records-calls`"),
        ("['calls']", END, "message `end` with `pages`: the descriptor does not declare the capability `pages`"),
        (
            "['calls', 'pages']",
            "echo '{\"end\": {\"outcome\": \"returned\"}}'\n",
            "message `end` without `pages`: the descriptor declares the capability `pages`",
        ),
    ] {
        let script = [POLITE, STARTED, "run\n", RETURNED, last, "read line"].concat();
        let (_folder, host) = host(&format!("capabilities = {capabilities}"), &script);
        failed(run(&host), expected);
    }
}

#[test]
fn a_host_may_exit_after_each_run() {
    assert_eq!(observe(&[POLITE, STARTED, "run", RETURNED, END, "exit 0"], 2).outcome, Outcome::Returned);
}

#[test]
fn late_output_is_detected_by_the_next_run_or_at_the_end() {
    let late = "while run; do n=$((n+1))\n";
    let until = "[ $n = 2 ] && { while [ ! -e go ]; do :; done; echo late; >said; }; done";
    let script = [POLITE, STARTED, late, RETURNED, END, until].join("\n");
    for ended_by_a_run in [true, false] {
        let (folder, host) = host(ALL, &script);
        assert_eq!([run(&host).outcome, run(&host).outcome], [Outcome::Returned, Outcome::Returned]);
        fs::write(folder.path().join("go"), "").unwrap();
        wait_until(|| folder.path().join("said").exists());
        let expected = "invalid message in the state `idle`";
        if ended_by_a_run {
            failed(run(&host), expected)
        } else {
            assert!(host.finish().unwrap_err().contains(expected))
        }
    }
    let (_folder, host) = host(ALL, &[POLITE, STARTED, "while run; do", RETURNED, END, "done; exit 4"].join("\n"));
    assert_eq!(run(&host).outcome, Outcome::Returned);
    assert_eq!(
        host.finish().unwrap_err(),
        "host `own`: exited after its last run (exit status: 4): expected exit status 0"
    );
}

#[test]
fn children_are_killed_with_their_host() {
    for (script, ends) in [
        ("run; {child}; wait", "timeout"),
        ("run; {child}; echo nonsense; read line", "failure"),
        ("run; {child}; exit 0", "exit of the group leader"),
        ("run; {child}", "success"),
    ] {
        // The child is stopped, so that it uses no processor time.
        let script = script.replace("{child}", "/bin/sh -c 'kill -STOP $$' & echo $! >pid");
        let last = if ends == "success" { [RETURNED, END, "exit 0"].concat() } else { String::new() };
        let (folder, host) = host(ALL, &[POLITE, STARTED, &script, &last].join("\n"));
        let observation = run(&host);
        assert_eq!(ends == "success", observation.outcome == Outcome::Returned, "{:?}", observation.outcome);
        let process: i32 = fs::read_to_string(folder.path().join("pid")).unwrap().trim().parse().unwrap();
        wait_until(|| is_gone(process));
    }
}

#[test]
fn long_lines_and_floods_use_bounded_memory() {
    let endless = observe(&[POLITE, STARTED, "run; while printf '%4096s' a; do :; done"], 1);
    assert!(matches!(endless.outcome, Outcome::Timeout { .. } | Outcome::HostFailed(_)), "{:?}", endless.outcome);
    // The host would block on a full pipe if its standard error was not read.
    let flood = "run; (i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo 'much more than a pipe can hold, a line at a time' >&2; done)";
    assert_eq!(observe(&[POLITE, STARTED, flood, RETURNED, END, "read line || exit 0"], 1).outcome, Outcome::Returned);
}

/// Returns true if a process has ended. A zombie counts as ended.
fn is_gone(process: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let alive =
        Command::new("/bin/sh").args(["-c", &format!("kill -0 {process}")]).stderr(Stdio::null()).status().unwrap();
    !alive.success() || status.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('Z'))
}

#[track_caller]
fn wait_until(done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "timed out after 60 s");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn endless_runs_are_ended() {
    let start = Instant::now();
    let slow = observe(&[POLITE, STARTED, "run; kill -STOP $$"], 1);
    assert!(matches!(slow.outcome, Outcome::Timeout { milliseconds: 500, .. }), "{:?}", slow.outcome);
    let flood = observe(&[POLITE, STARTED, "run; while true; do echo '{\"stdout\": \"6161616161616161\"}'; done"], 1);
    assert_eq!(
        flood.outcome,
        Outcome::Limit { limit: LimitName::Output, message: "more than 1000 bytes on standard output".into() }
    );
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn missing_requirements_and_capabilities_are_reported() {
    let missing = r#"needs = [{ file = "there/it/is", install = "npm ci --prefix there" }]"#;
    let why = "host `own`: no file `there/it/is`: `npm ci --prefix there`";
    assert_eq!(host(missing, "").1.missing().as_deref(), Some(why));
    let (_folder, cannot) = host("capabilities = []", "");
    let observation = run(&cannot);
    assert_eq!(
        observation.outcome,
        Outcome::NotRun("host `own`: it does not call exports, which the case requires (`[[call]]`)".into())
    );
}

/// File operations of an external host are not counted, so its directory is checked periodically.
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
        let observation = run_with(&host, &inputs, &limits);
        assert_eq!(observation.outcome, Outcome::Limit { limit: LimitName::Files, message: expected.into() });
    }
}

fn failed(observation: Observation, expected: &str) {
    match &observation.outcome {
        Outcome::HostFailed(why) => assert!(why.contains(expected), "{expected}: {why}"),
        outcome => panic!("{expected}: {outcome:?}"),
    }
}

/// Returns the last observation of several runs on a host with this script.
fn observe(script: &[&str], runs: usize) -> Observation {
    let (_folder, host) = host(ALL, &script.join("\n"));
    (0..runs).map(|_| run(&host)).last().unwrap()
}

fn host(more: &str, script: &str) -> (tempfile::TempDir, RemoteHost) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("host.sh"), script).unwrap();
    let descriptor: Descriptor = toml::from_str(&format!("command = [\"/bin/sh\", \"host.sh\"]\n{more}")).unwrap();
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
    let proposals = &BTreeSet::from([Proposal::Gc, Proposal::CustomPageSizes]);
    host.observe(&RemoteRun { program, file: None, inputs, limits, proposals }, Sinks::default())
}
