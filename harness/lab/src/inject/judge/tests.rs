//! Tests of the judge with synthetic runs.

use polyfill_runner::{Boundary, End, Event, Observation, Trace, TrapInfo};

use super::*;

/// A guest call and its result, with the host call in it. A call without a result is the last one.
type Made<'a> = (&'a str, Option<&'a str>);

fn run(calls: &[Made<'_>], outcome: Outcome, stdout: &str, held: &[&str]) -> StagedRun {
    let mut events = Vec::new();
    for (call, result) in calls {
        let place = events.len();
        let end = result.map_or(End::Never, |result| End::Returned(Some(result.to_string())));
        let event = |boundary, within, function: &str, end| Event {
            boundary,
            within,
            function: function.to_string(),
            arguments: vec![call.to_string()],
            end,
        };
        events.push(event(Boundary::Core, None, "wasi_snapshot_preview1.fd_write", end));
        events.push(event(Boundary::Import, Some(place), "a:b/c@0.2.1.write", End::Returned(None)));
    }
    let observation = Observation { stdout: stdout.into(), ..Observation::of(outcome) };
    let held = held.iter().map(|name| name.to_string()).collect();
    StagedRun { observation, trace: Trace { events, dropped: 0 }, held, growths: Vec::new() }
}

const ONE: Made<'static> = ("one", Some("success, nwritten: 3"));
const TWO: Made<'static> = ("two", Some("success, nwritten: 3"));

/// Returns the outcome of a fault in the first call of a guest that writes `one` and `two`.
fn judged(group: Group, errnos: Errnos, run: &StagedRun) -> String {
    let clean = Clean::of(self::run(&[ONE, TWO], Outcome::Returned, "onetwo", &["stream#1"]));
    let verdict = judge(&Faulted { group, errnos, place: Some(1), clean: &clean, run, exceeded: false });
    assert_eq!((verdict.function.as_str(), verdict.call.as_str()), ("fd_write", "a:b/c.write"));
    verdict.outcomes.join(", ")
}

fn failed(calls: &[Made<'_>], outcome: Outcome, stdout: &str, held: &[&str]) -> String {
    judged(Group::Code, Errnos::These(vec!["acces"]), &run(calls, outcome, stdout, held))
}

fn less(calls: &[Made<'_>], stdout: &str) -> String {
    judged(Group::Short, Errnos::These(vec!["success"]), &run(calls, Outcome::Returned, stdout, &["stream#1"]))
}

fn trap(message: &str) -> TrapInfo {
    TrapInfo { message: message.into(), frames: Vec::new() }
}

#[test]
fn a_failed_call_with_a_successful_retry_is_correct() {
    let again = [("one", Some("acces")), ONE, TWO];
    assert_eq!(failed(&again, Outcome::Returned, "onetwo", &["stream#1"]), RIGHT);
    assert_eq!(failed(&again, Outcome::Returned, "onetwo", &["stream#1", "stream#2"]), "leaks stream");
    assert_eq!(failed(&again, Outcome::Returned, "oneonetwo", &["stream#1"]), "other end");
    let worse = [("one", Some("acces")), ("one", Some("badf")), TWO];
    assert_eq!(failed(&worse, Outcome::Returned, "two", &["stream#1"]), "other calls");
    // A guest that gives up makes no later calls to compare.
    assert_eq!(failed(&[("one", Some("acces"))], Outcome::Exit(1), "", &[]), RIGHT);
}

#[test]
fn wrong_or_missing_errnos_and_hangs_are_reported() {
    let io = [("one", Some("io")), ONE, TWO];
    assert_eq!(failed(&io, Outcome::Returned, "onetwo", &["stream#1"]), "io");
    assert_eq!(failed(&[ONE, TWO], Outcome::Returned, "two", &["stream#1"]), "success");
    assert_eq!(failed(&[("one", None)], Outcome::Trap(trap("unreachable")), "", &[]), "trap");
    assert_eq!(failed(&[("one", None)], Outcome::HostError(trap("closed")), "", &[]), "refused by the host");
    let clean = Clean::of(run(&[ONE, TWO], Outcome::Returned, "onetwo", &[]));
    let run = &run(&[("one", None)], Outcome::HostError(trap("closed")), "", &[]);
    let errnos = Errnos::These(vec!["acces"]);
    let faulted = Faulted { group: Group::Code, errnos, place: Some(1), clean: &clean, run, exceeded: true };
    assert_eq!(judge(&faulted).outcomes, ["hang"]);
    assert_eq!(failed(&[("one", None)], Outcome::Exit(1), "", &[]), "exit 1");
    let later = [("one", Some("acces")), ("one", None)];
    assert_eq!(failed(&later, Outcome::Trap(trap("unreachable")), "", &[]), "trap later");
}

#[test]
fn a_short_count_is_reported_or_completed() {
    let reported = [("one", Some("success, nwritten: 1")), ("ne", Some("success, nwritten: 2")), TWO];
    assert_eq!(less(&reported, "onetwo"), RIGHT);
    assert_eq!(less(&[ONE, TWO], "onetwo"), RIGHT);
    // The adapter reports that all bytes were written.
    assert_eq!(less(&[ONE, TWO], "otwo"), "other end");
    // The guest ignores the short count.
    assert_eq!(less(&[("one", Some("success, nwritten: 1")), TWO], "otwo"), RIGHT);
    // The guest retries, and the output is wrong.
    assert_eq!(less(&reported, "oetwo"), "other end");
    assert_eq!(less(&[("one", Some("io")), TWO], "two"), "io");
}

#[test]
fn a_host_trap_ends_the_run() {
    let ended = |message: &str, outcome| {
        let mut run = run(&[("one", None)], outcome, "", &[]);
        run.trace.events[1].end = End::Failed(message.to_string());
        judged(Group::Trap, Errnos::Any, &run)
    };
    assert_eq!(ended(TRAP, Outcome::HostError(trap(TRAP))), RIGHT);
    assert_eq!(ended(TRAP, Outcome::Trap(trap("unreachable"))), "no trap, but trap");
    assert_eq!(ended("closed", Outcome::HostError(trap("closed"))), "no trap, but refused by the host");
}

#[test]
fn expected_errnos_follow_from_the_failure_mode() {
    let expected = |group, name, code| expected(group, name, code, "wasi:io/streams.[method]input-stream.read");
    assert_eq!(expected(Group::Code, "no-entry", None), Errnos::These(vec!["noent"]));
    assert_eq!(expected(Group::Code, "name-unresolvable", None), Errnos::NoSuccess);
    assert_eq!(expected(Group::Failed, "last-operation-failed", None), Errnos::These(vec!["io"]));
    assert_eq!(expected(Group::Failed, "last-operation-failed(pipe)", Some("pipe")), Errnos::These(vec!["pipe"]));
    assert_eq!(expected(Group::Error, "closed", None), Errnos::These(vec!["success"]));
    assert_eq!(expected(Group::Value, "empty", None), Errnos::Any);
}
