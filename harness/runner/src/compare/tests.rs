//! Comparison of observations with expectations.

use super::*;
use crate::observation::{Frame, Returned, TrapInfo};

fn trap(functions: &[&str]) -> Outcome {
    let frame = |name: &&str| Frame {
        module: Some("m".into()),
        function: name.to_string(),
        offset: None,
        source: None,
        inlined: false,
    };
    Outcome::Trap(TrapInfo {
        message: "wasm `unreachable` instruction executed".into(),
        frames: functions.iter().map(frame).collect(),
    })
}

fn with(expect: Expect, observation: Observation) -> Vec<Mismatch> {
    compare(&Case { expect, ..Case::default() }, &observation)
}

#[test]
fn exit_code_0_equals_a_return_and_is_the_default() {
    assert_eq!(with(Expect::default(), Observation::of(Outcome::Returned)), []);
    assert_eq!(with(Expect { exit: Some(0), ..Expect::default() }, Observation::of(Outcome::Returned)), []);
    assert_eq!(with(Expect { exit: Some(3), ..Expect::default() }, Observation::of(Outcome::Exit(3))), []);
    assert_eq!(with(Expect::default(), Observation::of(Outcome::Exit(1))).len(), 1);
    assert_eq!(with(Expect { exit: Some(3), ..Expect::default() }, Observation::of(Outcome::Returned)).len(), 1);
    assert_eq!(with(Expect::default(), Observation::of(trap(&[]))).len(), 1);
}

#[test]
fn a_trap_matches_by_part_of_its_message_and_by_its_backtrace() {
    let expect = |backtrace: &[&str]| Expect {
        trap: Some("unreachable".into()),
        backtrace: backtrace.iter().map(|name| name.to_string()).collect(),
        ..Expect::default()
    };
    let actual = || Observation::of(trap(&["inner", "middle", "outer"]));
    assert_eq!(with(expect(&["inner", "outer"]), actual()), []);
    assert_eq!(with(expect(&["m!middle"]), actual()), []);
    let expected = vec!["outer".to_string(), "inner".to_string()];
    assert_eq!(with(expect(&["outer", "inner"]), actual()), [Mismatch::Backtrace { expected, missing: 1 }]);
    assert_eq!(with(expect(&[]), Observation::of(Outcome::Exit(1))).len(), 1);
}

#[test]
fn trap_in_names_the_innermost_function() {
    let actual = || Observation::of(trap(&["inner", "outer"]));
    let expect = |function: &str| Expect {
        trap: Some("unreachable".into()),
        trap_in: Some(function.into()),
        ..Expect::default()
    };
    assert_eq!(with(expect("inner"), actual()), []);
    let expected = "trap: unreachable, in outer".to_string();
    assert_eq!(with(expect("outer"), actual()), [Mismatch::Outcome { expected }]);
}

#[test]
fn partial_call_lists_match_among_all_calls() {
    let list = |calls: &[&str]| calls.iter().map(|call| call.to_string()).collect::<Vec<_>>();
    let actual = |some: SomeCalls, dropped| {
        let mut actual = Observation::of(Outcome::Returned);
        (actual.calls, actual.calls_recorded, actual.calls_dropped) = (list(&["p(1)", "q()", "p(2)"]), true, dropped);
        with(Expect { host_calls: Some(HostCalls::Some(some)), ..Expect::default() }, actual)
    };
    let at_least = |calls: &[&str]| SomeCalls { at_least: list(calls), ..SomeCalls::default() };
    let unordered = |calls: &[&str]| SomeCalls { unordered: Some(list(calls)), ..SomeCalls::default() };
    let never = |calls: &[&str]| SomeCalls { never: list(calls), ..SomeCalls::default() };
    assert_eq!(actual(at_least(&["p([..])", "p(2)"]), 0), []);
    let missing = Mismatch::NoSuchCall { call: "q()".into(), after: Some("p(2)".into()) };
    assert_eq!(actual(at_least(&["p(2)", "q()"]), 0), [missing]);
    assert_eq!(actual(never(&["r()"]), 0), []);
    let unwanted = Mismatch::UnwantedCall { wanted: "p([..])".into(), actual: "p(1)".into() };
    assert_eq!(actual(never(&["p([..])"]), 0), [unwanted]);
    // The pattern must not consume the call that only the exact text matches.
    assert_eq!(actual(unordered(&["p([..])", "p(1)", "q()"]), 0), []);
    let left = Mismatch::HostCalls { expected: list(&["r()"]), actual: list(&["q()"]) };
    assert_eq!(actual(unordered(&["r()", "p(2)", "p(1)"]), 0), [left]);
    assert_eq!(actual(at_least(&["p(1)"]), 7), []);
    assert!(matches!(actual(never(&["r()"]), 7)[..], [Mismatch::Unreadable { key: "host-calls", .. }]));
}

#[test]
fn an_expected_error_is_an_encoding_error() {
    let expect = || Expect { error: Some(Bytes::Text("no\n\n".into())), ..Expect::default() };
    let failed = |stage, message: &str| Observation::of(Outcome::NotBuilt { stage, message: message.into() });
    assert_eq!(with(expect(), failed(Stage::Encode, "no")), []);
    assert_eq!(with(expect(), failed(Stage::Compile, "no")).len(), 1);
    assert_eq!(with(expect(), failed(Stage::Adapter, "yes")).len(), 1);
    assert_eq!(with(expect(), Observation::of(Outcome::Returned)).len(), 1);
}

#[test]
fn aspects_without_expectation_are_not_compared() {
    let mut actual = Observation::of(Outcome::Returned);
    actual.stdout = b"noise".to_vec();
    actual.calls = vec!["a.b()".into()];
    actual.pages_grown = 7;
    assert_eq!(with(Expect::default(), actual.clone()), []);
    let expect = Expect {
        stdout: Some(Bytes::Text(String::new())),
        host_calls: Some(HostCalls::Exactly(Vec::new())),
        pages_grown: Some([0, 6]),
        imports: Some(vec!["a.b".into()]),
        no_imports: vec!["wasi:".into(), "a.b".into()],
        ..Expect::default()
    };
    actual.imports = vec!["wasi:io/poll.poll".into()];
    let mismatches = with(expect, actual);
    assert_eq!(mismatches.len(), 5);
    assert!(mismatches.contains(&Mismatch::CallsNotRecorded));
}

#[test]
fn each_namespace_has_one_version() {
    let actual = |interfaces: &[&str]| {
        let mut actual = Observation::of(Outcome::Returned);
        actual.core_interfaces = interfaces.iter().map(|name| name.to_string()).collect();
        with(Expect { one_version: true, ..Expect::default() }, actual)
    };
    assert_eq!(actual(&["my:pkg/i@1.0.0", "wasi:cli/exit@0.2.1", "wasi:io/poll@0.2.1"]), []);
    assert!(matches!(
        &actual(&["my:pkg/i@1.0.0", "wasi:cli/exit@0.2.1", "wasi:io/poll@0.2.2"])[..],
        [Mismatch::Versions { namespace, interfaces }] if namespace == "wasi" && interfaces.len() == 2
    ));
}

#[test]
fn handles_are_counted_together_or_by_name() {
    let each = |counts: &[(&str, u64)]| counts.iter().map(|(name, count)| (name.to_string(), *count)).collect();
    let left = |expected| {
        let actual = Some(each(&[("descriptor", 1), ("pollable", 2)]));
        let expect = Expect { handles_left: Some(expected), ..Expect::default() };
        with(expect, Observation { handles_left: actual, ..Observation::of(Outcome::Returned) }).len()
    };
    assert_eq!(left(Handles::All(3)), 0);
    assert_eq!(left(Handles::All(2)), 1);
    assert_eq!(left(Handles::Each(each(&[("pollable", 2), ("descriptor", 1), ("error", 0)]))), 0);
    assert_eq!(left(Handles::Each(each(&[("descriptor", 1)]))), 1);
    assert_eq!(left(Handles::Each(each(&[("descriptor", 1), ("pollable", 1)]))), 1);
}

#[test]
fn calls_can_match_on_hosts_without_full_recording() {
    let some = |at_least: &[&str], never: &[&str]| {
        let list = |lines: &[&str]| lines.iter().map(|line| line.to_string()).collect();
        let calls = SomeCalls { at_least: list(at_least), never: list(never), ..SomeCalls::default() };
        let expect = Expect { host_calls: Some(HostCalls::Some(calls)), ..Expect::default() };
        let calls = vec!["a:b/c.f() -> 1".to_string()];
        with(expect, Observation { calls, calls_recorded: false, ..Observation::of(Outcome::Returned) })
    };
    assert_eq!(some(&["a:b/c.f() -> [..]"], &[]), []);
    assert_eq!(some(&["a:b/c.g()"], &[]), [Mismatch::CallsNotRecorded]);
    assert_eq!(some(&[], &["a:b/c.g()"]), [Mismatch::CallsNotRecorded]);
    assert_eq!(some(&["a:b/c.f() -> 1"], &["a:b/c.g()"]), [Mismatch::CallsNotRecorded]);
}

#[test]
fn results_are_compared_as_values() {
    let call = |returns: &str| Call { returns: Some(returns.into()), ..Call::of("f()") };
    let case = |returns| Case { calls: vec![call(returns)], ..Case::default() };
    let mut actual = Observation::of(Outcome::Returned);
    actual.returned = vec![Returned { invoke: "f()".into(), value: Some("[1, 2]".into()), printed: Vec::new() }];
    assert_eq!(compare(&case("[1,2]"), &actual), []);
    assert_eq!(compare(&case("[1,3]"), &actual).len(), 1);
    assert!(matches!(&compare(&case("[1"), &actual)[..], [Mismatch::Returned { note: Some(_), .. }]));
}
