//! Tests of failure modes by type. Each function is an import of a component.

use polyfill_runner::{Boundary, Engine};

use super::*;

const COMPONENT: &str = r#"(component
    (type $code (enum "access" "no-entry"))
    (import "a:b/errors" (instance $errors
        (export "error" (type (sub resource)))
        (export "code" (type (eq $code)))))
    (alias export $errors "error" (type $error))
    (alias export $errors "code" (type $exported))
    (import "a:b/streams" (instance
        (export "error" (type $own-error (eq $error)))
        (type $failure (variant (case "last-operation-failed" (own $own-error)) (case "closed")))
        (export "failure" (type $stream-error (eq $failure)))
        (export "read" (func (param "len" u64) (result (result (list u8) (error $stream-error)))))
        (export "write" (func (param "contents" (list u8)) (result (result u64 (error $stream-error)))))
        (export "check-write" (func (result (result u64 (error $stream-error)))))))
    (import "a:b/files" (instance
        (export "code" (type $own-code (eq $exported)))
        (export "open" (func (result (result (error $own-code)))))
        (type $time (record (field "seconds" u64) (field "nanoseconds" u32)))
        (export "time" (type $datetime (eq $time)))
        (export "changed" (func (result (option $datetime))))
        (export "names" (func (result (list string))))
        (export "get-random-bytes" (func (param "len" u64) (result (list u8))))
        (export "leave" (func)))))"#;

/// Returns the names and groups of all failure modes of a function, except the trap.
fn named(function: &str, arguments: &[&str], result: Option<&str>) -> Vec<(String, Group)> {
    failure_modes_of(function, arguments, result).into_iter().skip(1).map(|mode| (mode.name, mode.group)).collect()
}

fn failure_modes_of(function: &str, arguments: &[&str], result: Option<&str>) -> Vec<FaultKind> {
    let engine = Engine::new(None).unwrap();
    let program = engine.program(&wat::parse_str(COMPONENT).unwrap()).unwrap();
    let (name, ty) = program.imported().into_iter().find(|(name, _)| name.ends_with(function)).unwrap();
    let value = result.map(|text| wasm_wave::from_str::<Val>(&ty.results().next().unwrap(), text).unwrap());
    let end = End::Returned(result.map(str::to_string));
    let arguments = arguments.iter().map(|text| text.to_string()).collect();
    let event = Event { boundary: Boundary::Import, within: None, function: name, arguments, end };
    let all = failure_modes(&ty, &event, value.as_ref(), &["access".to_string()]);
    assert_eq!((all[0].name.as_str(), all[0].group), ("trap", Group::Trap));
    all
}

fn group(of: &[(String, Group)], name: &str) -> Option<Group> {
    of.iter().find(|(known, _)| known == name).map(|(_, group)| *group)
}

#[test]
fn each_error_code_is_a_failure_mode() {
    let all = failure_modes_of(".open", &[], Some("ok"));
    let texts: Vec<&Response> = all.iter().map(|mode| &mode.response).collect();
    let err = |code: &str| Response::Ends(End::Returned(Some(format!("err({code})"))));
    assert_eq!(texts[1..], [&err("access"), &err("no-entry")]);
    assert!(all[1..].iter().all(|mode| mode.group == Group::Code));
}

#[test]
fn streams_fail_close_and_return_short_results() {
    let read = named(".read", &["8"], Some("ok([104, 105])"));
    assert_eq!(group(&read, "last-operation-failed"), Some(Group::Failed));
    assert_eq!(group(&read, "last-operation-failed(access)"), Some(Group::Failed));
    assert_eq!(group(&read, "closed"), Some(Group::Error));
    assert_eq!(group(&read, "empty"), Some(Group::Short));
    assert_eq!(group(&read, "one byte"), Some(Group::Short));
    assert_eq!(group(&read, "longer"), Some(Group::Broken));
    let one = failure_modes_of(".read", &["8"], Some("ok([104, 105])")).pop().unwrap();
    assert_eq!(one.response, Response::Asks { argument: 0, value: "1".into() });
    // Fewer bytes than requested were returned: the oversized result still exceeds the request.
    let longer =
        failure_modes_of(".read", &["8"], Some("ok([104])")).into_iter().find(|mode| mode.name == "longer").unwrap();
    assert_eq!(
        longer.response,
        Response::Ends(End::Returned(Some("ok([104, 43, 43, 43, 43, 43, 43, 43, 43])".into())))
    );
    let write = failure_modes_of(".write", &["\"hi\""], Some("ok(2)"));
    assert_eq!(write.last().unwrap().response, Response::Asks { argument: 0, value: "[104]".into() });
    assert_eq!(group(&named(".write", &["\"hi\""], Some("ok(2)")), "most"), Some(Group::Broken));
    assert_eq!(group(&named(".check-write", &[], Some("ok(2)")), "least"), Some(Group::Short));
}

#[test]
fn the_returned_value_is_not_a_failure_mode() {
    let zero = named(".check-write", &[], Some("ok(0)"));
    assert_eq!((group(&zero, "least"), group(&zero, "most")), (None, Some(Group::Value)));
    assert_eq!(named(".leave", &[], None), []);
    assert!(named(".read", &["8"], Some("ok([])")).iter().all(|(name, _)| name != "empty" && name != "one byte"));
}

#[test]
fn numbers_lists_and_options_differ_in_one_place() {
    let changed = named(".changed", &[], Some("some({seconds: 5, nanoseconds: 6})"));
    let names: Vec<&str> = changed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["none", "seconds: least", "seconds: most", "nanoseconds: most", "nanoseconds: beyond a second"]);
    assert_eq!(group(&changed, "nanoseconds: beyond a second"), Some(Group::Broken));
    assert_eq!(named(".changed", &[], Some("none")), [("some".to_string(), Group::Value)]);
    let names = named(".names", &[], Some("[\"a\"]"));
    assert_eq!(names, [("empty".to_string(), Group::Value), ("longer".to_string(), Group::Value)]);
}

#[test]
fn a_wrong_number_of_random_bytes_breaks_the_contract() {
    let random = named(".get-random-bytes", &["2"], Some("[1, 2]"));
    assert!(!random.is_empty() && random.iter().all(|(_, group)| *group == Group::Broken), "{random:?}");
}
