//! Host `native`: core modules on wasmtime-wasi's preview1 implementation, observed like components.

use std::time::{Duration, Instant};

use polyfill_runner::case::Case;
use polyfill_runner::case::LimitName;
use polyfill_runner::{Engine, Inputs, Limits, NativeRun, Observation, Outcome, Sinks, observe_native};

/// Runs a module with a memory and the given fields.
fn run(fields: &str, case: &str) -> Observation {
    let text = format!(
        r#"(module
             (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
             (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
             (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
             (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
             (memory (export "memory") 1)
             {fields})"#
    );
    run_module(&text, case)
}

fn run_module(text: &str, case: &str) -> Observation {
    let case: Case = toml::from_str(case).unwrap();
    let inputs = Inputs::of("guest", &case).unwrap();
    let limits = Limits {
        timeout: Duration::from_millis(500),
        output: 1000,
        files: 100_000,
        memory: 20 << 16,
        ..Limits::default()
    };
    let engine = Engine::new(None).unwrap();
    let module = engine.module(&wat::parse_str(text).unwrap()).unwrap();
    let run = NativeRun { engine: &engine, module: &module, inputs: &inputs, limits: &limits };
    observe_native(&run, Sinks::default())
}

fn why(observation: &Observation) -> String {
    match &observation.outcome {
        Outcome::NotRun(why) => why.clone(),
        other => panic!("{other:?}"),
    }
}

/// Writes pages to a file without end, or writes one page and then loops without end.
fn flood(again: &str) -> Observation {
    let text = format!(
        r#"(module
             (import "wasi_snapshot_preview1" "path_open"
               (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
             (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
             (memory (export "memory") 2)
             (data (i32.const 0) "\00\00\01\00" "\00\00\01\00" "f")
             (func (export "_start")
               (if (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 1)
                     (i64.const 64) (i64.const 64) (i32.const 0) (i32.const 16))
                 (then unreachable))
               (loop $again
                 (drop (call $fd_write (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 20)))
                 (loop $rest {again}))))"#
    );
    run_module(&text, "preopens = { '/' = '' }")
}

#[test]
fn file_and_time_limits_apply_together() {
    assert_eq!(
        flood("(br $again)").outcome,
        Outcome::Limit { limit: LimitName::Files, message: "more than 100000 bytes of files".into() }
    );
    let observation = flood("(br $rest)");
    assert!(matches!(observation.outcome, Outcome::Timeout { milliseconds: 500, .. }), "{:?}", observation.outcome);
    assert_eq!(observation.files.unwrap().len(), 1);
}

const HELLO: &str = r#"
    (data (i32.const 0) "\08\00\00\00" "\05\00\00\00" "hello")
    (func $hello (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20))))"#;

#[test]
fn commands_run_to_completion() {
    let observation = run(&format!(r#"{HELLO} (func (export "_start") (call $hello))"#), "");
    assert_eq!(observation.outcome, Outcome::Returned);
    assert_eq!(observation.stdout, b"hello");
    let names = ["clock_time_get", "fd_write", "poll_oneoff", "proc_exit"];
    assert_eq!(observation.imports, names.map(|name| format!("wasi_snapshot_preview1.{name}")));
    assert!(observation.returned.is_empty() && !observation.calls_recorded && observation.pages_initial == 1);

    let exit = |code: u32| {
        let exit = format!(r#"{HELLO} (func (export "_start") (call $hello) (call $proc_exit (i32.const {code})))"#);
        let observation = run(&exit, "");
        assert_eq!(observation.stdout, b"hello", "{code}");
        observation.outcome
    };
    assert_eq!(exit(0), Outcome::Exit(0));
    assert_eq!(exit(33), Outcome::Exit(33));
    assert_eq!(exit(125), Outcome::Exit(125));
    // wasmtime rejects other exit codes.
    assert!(matches!(exit(126), Outcome::HostError(_)));
}

#[test]
fn traps_timeouts_and_limits_are_observed() {
    let observation = run(r#"(func $inner unreachable) (func (export "_start") (call $inner))"#, "");
    assert!(observation.outcome.to_string().contains("unreachable"));
    assert_eq!(observation.outcome.frames().first().map(|frame| frame.function.as_str()), Some("inner"));
    let observation = run(r#"(func (export "_start") (loop (br 0)))"#, "");
    assert!(matches!(observation.outcome, Outcome::Timeout { milliseconds: 500, .. }));
    let observation = run(&format!(r#"{HELLO} (func (export "_start") (loop (call $hello) (br 0)))"#), "");
    assert_eq!(
        observation.outcome,
        Outcome::Limit { limit: LimitName::Output, message: "more than 1000 bytes on standard output".into() }
    );
    let observation =
        run(r#"(func (export "_start") (drop (memory.grow (i32.const 3))) (drop (memory.grow (i32.const 30))))"#, "");
    assert_eq!((observation.pages_grown, observation.memory_limit_hit), (3, true));
}

/// An hour of sleep by either clock takes no real time and advances the clock.
#[test]
fn sleep_takes_no_time() {
    let start = Instant::now();
    let sleep = |clock: u32, timeout: u64, flags: u32| {
        let sleep = format!(
            r#"(func (export "sleep") (result i64)
                 (i32.store (i32.const 16) (i32.const {clock}))
                 (i64.store (i32.const 24) (i64.const {timeout}))
                 (i32.store16 (i32.const 40) (i32.const {flags}))
                 (if (call $poll (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)) (then unreachable))
                 (if (i32.ne (i32.load (i32.const 256)) (i32.const 1)) (then unreachable))
                 (if (i64.ne (i64.load (i32.const 24)) (i64.const {timeout})) (then unreachable))
                 (drop (call $time (i32.const 1) (i64.const 0) (i32.const 64)))
                 (i64.div_u (i64.load (i32.const 64)) (i64.const 1000000000)))"#
        );
        let observation = run(&sleep, "[[call]]\ninvoke = 'sleep()'\n");
        observation
            .returned
            .first()
            .and_then(|returned| returned.value.clone())
            .unwrap_or_else(|| observation.outcome.to_string())
    };
    let hour = 3600 * 1_000_000_000;
    assert_eq!(sleep(1, hour, 0), "3600");
    assert_eq!(sleep(0, hour, 0), "3600");
    assert_eq!(sleep(1, hour, 1), "3600");
    assert_eq!(sleep(0, (946_684_800 + 60) * 1_000_000_000, 1), "60");
    assert_eq!(sleep(0, 1, 1), "0");
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn modules_without_start_can_be_called() {
    let text = r#"(module (memory (export "memory") 1) (global $begun (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $begun (i32.const 1)))
        (func (export "begun") (result i32) (global.get $begun))
        (func (export "add") (param i32 i64 f64) (result i64 f64)
          (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)) (local.get 2))
        (func (export "takes") (param funcref)))"#;
    let observation = run_module(text, "call = [{ invoke = 'begun()' }, { invoke = 'add(-1, 3, 0.5)' }]");
    let values: Vec<_> = observation.returned.iter().map(|returned| returned.value.as_deref()).collect();
    assert_eq!((observation.outcome, values), (Outcome::Returned, vec![Some("1"), Some("(2, 0.5)")]));
    for (call, expected) in [
        ("none()", "no function `none`"),
        ("begun(1)", "takes 0 argument(s), found 1"),
        ("add(x, 1, 1)", "`x` is not a valid i32"),
        ("takes(1)", "is not a valid "),
        ("begun", "is not a call"),
    ] {
        let observation = run_module(text, &format!("call = [{{ invoke = '{call}' }}]"));
        assert!(why(&observation).contains(expected), "{call}: {}", why(&observation));
    }
    assert!(why(&run_module(text, "")).contains("no `_start`"));
}

#[test]
fn missing_imports_are_named() {
    let text = r#"(module (import "my:pkg/api" "f" (func)) (import "wasi_snapshot_preview1" "fd_wirte" (func))
        (func (export "_start")))"#;
    let message = why(&run_module(text, ""));
    assert!(message.ends_with("unsatisfied imports: my:pkg/api.f, wasi_snapshot_preview1.fd_wirte"), "{message}");
}
