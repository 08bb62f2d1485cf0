//! Limits of recordings from untrusted sources: time and memory have a ceiling, and contents have a maximum size.

mod fixture;

use std::time::Duration;

use polyfill_builder::case::{Call, Case, CaseLimits};
use polyfill_recording::{Goal, Recording, ReplayError, ReplayOptions, limits, replay, shrink, shrink_case};
use polyfill_runner::{Engine, Hosts, Limits, Outcome};

/// A recording of a component with an endless loop in `spin`, which grows its memory in `grow`.
fn recording(case: &str, invoke: &str) -> Recording {
    let component = r#"(component
        (core module $m (memory 1)
          (func (export "spin") (loop $again (br $again)))
          (func (export "grow") (result i32) (memory.grow (i32.const 20000))))
        (core instance $m (instantiate $m))
        (func (export "spin") (canon lift (core func $m "spin")))
        (func (export "grow") (result s32) (canon lift (core func $m "grow"))))"#;
    let case: Case = toml::from_str(case).unwrap();
    let case = Case { calls: vec![Call::of(invoke)], ..case };
    let recording = fixture::recording(wat::parse_str(component).unwrap(), case, Outcome::Returned);
    // As read from a file.
    Recording::read(&recording.write()).unwrap()
}

#[test]
fn limits_of_a_recording_have_a_ceiling_that_only_the_user_raises() {
    let all = "limits = { time-ms = 9223372036854775807, memory-pages = 9223372036854775807, fuel = 5, \
               output = 9223372036854775807, files = 9223372036854775807, handles = 9223372036854775807 }";
    let (given, lowered) = limits(&recording(all, "spin()"), &CaseLimits::default());
    assert_eq!(given, Limits { fuel: Some(5), ..Limits::ceiling() });
    let keys: Vec<&str> = lowered.iter().filter_map(|line| line.split('`').nth(1)).collect();
    assert_eq!(keys, ["time-ms", "memory-pages", "output", "files", "handles"]);
    // Limits of the recording below the ceiling apply.
    let small = recording("limits = { time-ms = 70000, memory-pages = 2 }", "spin()");
    let (given, lowered) = limits(&small, &CaseLimits::default());
    assert_eq!((given.timeout, given.memory), (Duration::from_secs(60), 2 << 16));
    assert_eq!(lowered, ["`time-ms` lowered from 70000 to 60000"]);
    // And the reader has the last word, in both directions.
    let more = CaseLimits { time_ms: Some(80_000), memory_pages: Some(1), ..CaseLimits::default() };
    let (given, lowered) = limits(&small, &more);
    assert_eq!((given.timeout, given.memory), (Duration::from_secs(80), 1 << 16));
    assert!(lowered.is_empty());
}

#[test]
fn an_endless_recording_ends_by_the_limit_of_the_user_in_every_replay() {
    let endless = recording("limits = { time-ms = 9223372036854775807 }", "spin()");
    let engine = &Engine::new(None).unwrap();
    let limits = CaseLimits { time_ms: Some(20), ..CaseLimits::default() };
    let hosts = Hosts::default();
    for host in [None, hosts.get("wasi")] {
        let outcome = replay(&endless, engine, ReplayOptions { host, limits, ..ReplayOptions::default() })
            .unwrap()
            .observation
            .outcome;
        // Twice the limit, as in any run whose calls are reported.
        assert!(matches!(outcome, Outcome::Timeout { milliseconds: 40, .. }), "{outcome}");
    }
    let goal = Goal { calls: false, most: Duration::from_secs(1), limits };
    let error = shrink(&endless, engine, goal, |_, _| ()).unwrap_err().to_string();
    assert!(
        error.contains("does not contain the guest's core module")
            || error.contains("the replay differs from the recorded run"),
        "{error}"
    );
    let error = shrink_case(&endless, engine, hosts.get("wasi").unwrap(), goal, |_, _| ()).unwrap_err().to_string();
    assert!(error.contains("the replay differs from the recorded run"), "{error}");
}

#[test]
fn memory_of_a_recording_has_a_ceiling() {
    let asks = recording("limits = { memory-pages = 60000 }", "grow()");
    let observation = replay(&asks, &Engine::new(None).unwrap(), ReplayOptions::default()).unwrap().observation;
    assert_eq!((observation.returned[0].value.as_deref(), observation.memory_limit_hit), (Some("-1"), true));
}

#[test]
fn oversized_contents_of_a_recording_are_rejected_before_expansion() {
    let engine = &Engine::new(None).unwrap();
    let many: String = (0..60).map(|n| format!("V{n} = {{ repeat = 'x', times = 1073741824 }}\n")).collect();
    for (key, case) in [
        ("env-series", "env-series = { name = 'N', value = '', count = 4000000000 }".to_string()),
        ("env.V", format!("[env]\n{many}")),
        ("stdin", "stdin = { repeat = 'x', times = 1000000000 }".to_string()),
        ("expect.stdout", "[expect]\nstdout = { repeat = 'x', times = 1000000000 }".to_string()),
    ] {
        let error = replay(&recording(&case, "spin()"), engine, ReplayOptions::default()).unwrap_err();
        let ReplayError::Case(message) = &error else { panic!("{error}") };
        assert!(message.starts_with(&format!("`{key}")) && message.contains("help: "), "{message}");
    }
}
