//! What made a trial fail is what `shrink` preserves and `replay` compares, and `show` prints the smaller run.

#[path = "mutations/seeds.rs"]
#[allow(dead_code, reason = "others take more of them")]
mod seeds;

use std::time::Duration;

use polyfill_build::case::CaseLimits;
use polyfill_bundle::{Amount, Bundle, Goal, With, replay, show, shrink};
use polyfill_runner::{Boundary, End, Engine, EngineKind, Event, FailedKind};

fn engine() -> Engine {
    Engine::of(EngineKind::fastest_to_compile(), None).unwrap()
}

fn goal() -> Goal {
    Goal { calls: false, most: Duration::from_secs(60), limits: CaseLimits::default() }
}

#[test]
fn output_and_values_that_made_a_trial_fail_are_preserved() {
    let engine = engine();
    let mut bundle = seeds::echo(&engine);
    bundle.about.case.calls[1].returns = Some("4".into());
    let fails_in = |bundle: &mut Bundle, kinds: &[FailedKind]| {
        let failed = replay(bundle, &engine, With::default()).unwrap().failed_now;
        assert_eq!(failed.iter().map(|failed| failed.kind).collect::<Vec<_>>(), kinds);
        bundle.about.failed = Some(failed);
    };
    fails_in(&mut bundle, &[FailedKind::Stdout, FailedKind::Returned]);
    let shrunk = shrink(&bundle, &engine, goal(), |_, _| {}).unwrap();
    assert!(shrunk.kept.contains("stdout, line 1") && shrunk.kept.contains("result, add(2)"), "{}", shrunk.kept);
    assert!(shrunk.main[1] < shrunk.main[0]);
    let smaller = shrunk.bundle;
    assert_eq!(smaller.about.stdout, b"some text\n");
    assert_eq!(smaller.about.failed, bundle.about.failed);
    let again = replay(&smaller, &engine, With::default()).unwrap();
    assert!(again.same, "{again}");
    let shown = show(&smaller, Amount::Cut);
    assert!(shown.contains("stdout: \"some text\\n\"") && shown.contains("seen:     3"), "{shown}");
}

/// The recording says that standard output was wrong, and the run that is played is right.
#[test]
fn a_replay_that_does_not_fail_in_that_way_is_not_the_same() {
    let engine = engine();
    let mut bundle = seeds::echo(&engine);
    assert!(replay(&bundle, &engine, With::default()).unwrap().same);
    bundle.about.case.expect.stdout = Some(polyfill_build::case::Bytes::Text("some text\n".into()));
    let outcomes = replay(&bundle, &engine, With::default()).unwrap();
    assert!(!outcomes.same);
    assert!(outcomes.to_string().contains("what makes the trial fail is not the same"), "{outcomes}");
}

/// A recording of a version that did not have the verdict as data.
#[test]
fn the_verdict_of_an_older_recording_is_that_of_its_case() {
    let engine = engine();
    let mut bundle = seeds::echo(&engine);
    bundle.about.failed = None;
    let shrunk = shrink(&bundle, &engine, goal(), |_, _| {}).unwrap();
    assert!(shrunk.kept.contains("stdout, line 1"), "{}", shrunk.kept);
    assert_eq!(shrunk.bundle.about.stdout, b"some text\n");
}

/// An empty guest prints nothing, too.
#[test]
fn a_guest_that_is_missing_something_is_not_emptied() {
    let engine = engine();
    let mut bundle = seeds::echo(&engine);
    bundle.about.case.expect.stdout = Some(polyfill_build::case::Bytes::Text("some text\nand more\n".into()));
    let missing = replay(&bundle, &engine, With::default()).unwrap().failed_now;
    assert_eq!(missing[0].seen, None);
    bundle.about.failed = Some(missing);
    let shrunk = shrink(&bundle, &engine, goal(), |_, _| {}).unwrap();
    assert_eq!(shrunk.bundle.about.stdout, b"some text\n");
    assert_eq!(shrunk.calls[0], shrunk.calls[1]);
}

#[test]
fn a_long_trace_is_shown_in_part_and_deep_calls_are_no_wider() {
    let mut bundle = seeds::echo(&engine());
    let event = |index: usize| Event {
        boundary: Boundary::Import,
        within: index.checked_sub(1),
        function: format!("f{index}"),
        arguments: Vec::new(),
        end: End::Returned(None),
    };
    bundle.trace.events = (0..16_000).map(event).collect();
    let short = show(&bundle, Amount::Cut);
    assert!(short.contains("\n  (15600 calls left out: `--all` shows them)\n"), "{short}");
    assert!(short.contains("(15999 deep) f15999()"), "{short}");
    assert!(short.len() < 50_000, "{} bytes", short.len());
    let all = show(&bundle, Amount::All);
    assert!(all.contains("f8000()") && !all.contains("left out"));
    assert!(all.len() < 16_000 * 100, "{} bytes", all.len());
}

#[test]
fn long_texts_and_lines_are_shown_in_part() {
    let mut bundle = seeds::echo(&engine());
    bundle.about.verdict = "line\n".repeat(10_000);
    bundle.about.trial = "x".repeat(10_000);
    let short = show(&bundle, Amount::Cut);
    assert!(short.contains("(9600 more lines: `--all` shows them)"), "{short}");
    assert!(short.contains(" .. (9000 more characters: `--all` shows them)"), "{short}");
    assert!(show(&bundle, Amount::All).len() > 60_000);
}

/// One that is within itself would have no depth.
#[test]
fn a_call_within_a_later_one_is_refused() {
    let mut bundle = seeds::echo(&engine());
    bundle.trace.events[1].within = Some(1);
    let error = Bundle::read(&bundle.write()).unwrap_err().to_string();
    assert_eq!(
        error,
        "section `polyfill:trace`, line 2: call 1 is within call 1: expected the number of an earlier call, from 0"
    );
}
