//! Failures of a trial: `shrink` preserves them, `replay` compares them, and `show` prints those of the smaller run.

#[path = "mutations/seeds.rs"]
#[allow(dead_code, reason = "others take more of them")]
mod seeds;

use std::time::Duration;

use polyfill_builder::case::CaseLimits;
use polyfill_recording::{Amount, Goal, Recording, ReplayOptions, replay, show, shrink};
use polyfill_runner::{Boundary, End, Engine, EngineKind, Event, FailedKind};

fn engine() -> Engine {
    Engine::of(EngineKind::fastest_to_compile(), None).unwrap()
}

fn goal() -> Goal {
    Goal { calls: false, most: Duration::from_secs(60), limits: CaseLimits::default() }
}

#[test]
fn wrong_output_and_wrong_values_are_preserved_by_shrinking() {
    let engine = engine();
    let mut recording = seeds::echo(&engine);
    recording.about.case.calls[1].returns = Some("4".into());
    let fails_in = |recording: &mut Recording, kinds: &[FailedKind]| {
        let failed = replay(recording, &engine, ReplayOptions::default()).unwrap().failed_now;
        assert_eq!(failed.iter().map(|failed| failed.kind).collect::<Vec<_>>(), kinds);
        recording.about.failed = Some(failed);
    };
    fails_in(&mut recording, &[FailedKind::Stdout, FailedKind::Returned]);
    let shrunk = shrink(&recording, &engine, goal(), |_, _| {}).unwrap();
    assert!(shrunk.kept.contains("stdout, line 1") && shrunk.kept.contains("result, add(2)"), "{}", shrunk.kept);
    assert!(shrunk.main[1] < shrunk.main[0]);
    let smaller = shrunk.recording;
    assert_eq!(smaller.about.stdout, b"some text\n");
    assert_eq!(smaller.about.failed, recording.about.failed);
    let again = replay(&smaller, &engine, ReplayOptions::default()).unwrap();
    assert!(again.same, "{again}");
    let shown = show(&smaller, Amount::Cut);
    assert!(shown.contains("stdout: \"some text\\n\"") && shown.contains("actual:   3"), "{shown}");
}

/// The recording contains a wrong standard output, and the replayed run is correct.
#[test]
fn a_replay_without_the_recorded_failure_differs() {
    let engine = engine();
    let mut recording = seeds::echo(&engine);
    assert!(replay(&recording, &engine, ReplayOptions::default()).unwrap().same);
    recording.about.case.expect.stdout = Some(polyfill_builder::case::Bytes::Text("some text\n".into()));
    let outcomes = replay(&recording, &engine, ReplayOptions::default()).unwrap();
    assert!(!outcomes.same);
    assert!(outcomes.to_string().contains("the failures of the trial differ"), "{outcomes}");
}

/// A recording of a version without the failures as data.
#[test]
fn failures_of_an_older_recording_are_computed_from_its_case() {
    let engine = engine();
    let mut recording = seeds::echo(&engine);
    recording.about.failed = None;
    let shrunk = shrink(&recording, &engine, goal(), |_, _| {}).unwrap();
    assert!(shrunk.kept.contains("stdout, line 1"), "{}", shrunk.kept);
    assert_eq!(shrunk.recording.about.stdout, b"some text\n");
}

/// An empty guest prints nothing, like the recorded one.
#[test]
fn a_guest_that_fails_by_a_missing_effect_is_not_emptied() {
    let engine = engine();
    let mut recording = seeds::echo(&engine);
    recording.about.case.expect.stdout = Some(polyfill_builder::case::Bytes::Text("some text\nand more\n".into()));
    let missing = replay(&recording, &engine, ReplayOptions::default()).unwrap().failed_now;
    assert_eq!(missing[0].actual, None);
    recording.about.failed = Some(missing);
    let shrunk = shrink(&recording, &engine, goal(), |_, _| {}).unwrap();
    assert_eq!(shrunk.recording.about.stdout, b"some text\n");
    assert_eq!(shrunk.calls[0], shrunk.calls[1]);
}

#[test]
fn a_long_trace_is_abbreviated_and_indentation_is_bounded() {
    let mut recording = seeds::echo(&engine());
    let event = |index: usize| Event {
        boundary: Boundary::Import,
        within: index.checked_sub(1),
        function: format!("f{index}"),
        arguments: Vec::new(),
        end: End::Returned(None),
    };
    recording.trace.events = (0..16_000).map(event).collect();
    let short = show(&recording, Amount::Cut);
    assert!(short.contains("\n  (15600 calls left out: `--all` shows them)\n"), "{short}");
    assert!(short.contains("(15999 deep) f15999()"), "{short}");
    assert!(short.len() < 50_000, "{} bytes", short.len());
    let all = show(&recording, Amount::All);
    assert!(all.contains("f8000()") && !all.contains("left out"));
    assert!(all.len() < 16_000 * 100, "{} bytes", all.len());
}

#[test]
fn long_texts_and_lines_are_abbreviated() {
    let mut recording = seeds::echo(&engine());
    recording.about.verdict = "line\n".repeat(10_000);
    recording.about.trial = "x".repeat(10_000);
    let short = show(&recording, Amount::Cut);
    assert!(short.contains("(9600 more lines: `--all` shows them)"), "{short}");
    assert!(short.contains(" .. (9000 more characters: `--all` shows them)"), "{short}");
    assert!(show(&recording, Amount::All).len() > 60_000);
}

/// A call nested in itself would have no depth.
#[test]
fn a_call_nested_in_a_later_call_is_rejected() {
    let mut recording = seeds::echo(&engine());
    recording.trace.events[1].within = Some(1);
    let error = Recording::read(&recording.write()).unwrap_err().to_string();
    assert_eq!(
        error,
        "section `polyfill:trace`, line 2: call 1 is nested in call 1: expected the number of an earlier call, from 0"
    );
}
