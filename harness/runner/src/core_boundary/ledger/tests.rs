//! Handles that are left, and those that go in the wrong order.

use super::*;

const OPEN: &str = "descriptor.open-at";
const READ: &str = "descriptor.read-via-stream";

/// A folder, and a file that main knows as descriptor 5, with a stream of it.
fn opened() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.given(1, "descriptor#1", "get-directories", None, 1);
    ledger.given(2, "descriptor#2", OPEN, Some(1), 1);
    assert_eq!(over(&mut ledger, 1, "path_open", &[0, 0, 0, 0, 0, 0, 0, 0, 4], 0), [""; 0]);
    ledger.given(3, "input-stream#1", READ, Some(2), 2);
    assert_eq!(over(&mut ledger, 2, "fd_read", &[5], 0), [""; 0]);
    ledger
}

/// A call that ends with that errno, where memory has a 5 at address 4.
fn over(ledger: &mut Ledger, number: u64, function: &str, arguments: &[u32], errno: u32) -> Vec<String> {
    let arguments: Vec<Value> = arguments.iter().map(|value| Value::I32(*value)).collect();
    let memory = [0, 0, 0, 0, 5, 0, 0, 0];
    ledger.over(&Over { number, function, arguments: &arguments, results: &[Value::I32(errno)], memory: &memory })
}

#[test]
fn what_is_closed_is_gone() {
    let mut ledger = opened();
    assert_eq!((ledger.given, ledger.most), (3, 3));
    assert_eq!([ledger.gone(3), ledger.gone(2)].concat(), [""; 0]);
    assert_eq!(over(&mut ledger, 3, "fd_close", &[5], 0), [""; 0]);
    let mut ledger = opened();
    assert_eq!(
        over(&mut ledger, 3, "fd_close", &[5], 0),
        ["left descriptor#2 of descriptor 5, which is closed", "left input-stream#1 of descriptor 5, which is closed"]
    );
    // That was not closed.
    assert_eq!(over(&mut opened(), 3, "fd_close", &[5], 8), [""; 0]);
    assert_eq!(over(&mut opened(), 3, "fd_close", &[4], 0), [""; 0]);
}

#[test]
fn children_go_before_their_parents() {
    let mut ledger = opened();
    assert_eq!(ledger.gone(2), ["dropped descriptor#2 before its child input-stream#1"]);
    assert_eq!(over(&mut ledger, 3, "fd_close", &[5], 0), ["left input-stream#1 of descriptor 5, which is closed"]);
    // A file may be open when its folder is not any more.
    assert_eq!(opened().gone(1), [""; 0]);
}

#[test]
fn a_descriptor_that_moves_takes_its_handles_along() {
    let mut ledger = opened();
    assert_eq!(over(&mut ledger, 3, "fd_renumber", &[5, 5], 0), [""; 0]);
    assert_eq!(over(&mut ledger, 4, "fd_renumber", &[5, 7], 0), [""; 0]);
    assert_eq!(over(&mut ledger, 5, "fd_close", &[5], 0), [""; 0]);
    ledger.gone(3);
    assert_eq!(over(&mut ledger, 6, "fd_renumber", &[6, 7], 0), ["left descriptor#2 of descriptor 7, which is closed"]);
}

#[test]
fn a_call_that_fails_opens_nothing() {
    let mut ledger = opened();
    ledger.given(4, "descriptor#3", OPEN, Some(1), 3);
    let arguments = [0, 0, 0, 0, 0, 0, 0, 0, 4];
    assert_eq!(over(&mut ledger, 3, "path_open", &arguments, 2), ["failed, and left descriptor#3"]);
}

#[test]
fn one_of_each_is_kept() {
    let mut ledger = opened();
    ledger.given(4, "pollable#1", "input-stream.subscribe", Some(3), 3);
    assert_eq!(over(&mut ledger, 3, "poll_oneoff", &[], 0), [""; 0]);
    ledger.given(5, "pollable#2", "input-stream.subscribe", Some(3), 4);
    assert_eq!(
        over(&mut ledger, 4, "poll_oneoff", &[], 0),
        ["left pollable#2 beside pollable#1, both given by input-stream.subscribe"]
    );
    // Not of the same stream, or not left.
    ledger.given(6, "pollable#3", "input-stream.subscribe", Some(9), 5);
    ledger.given(7, "pollable#4", "input-stream.subscribe", Some(3), 5);
    ledger.gone(7);
    assert_eq!(over(&mut ledger, 5, "poll_oneoff", &[], 0), [""; 0]);
    // Folders that are preopened come all at once; files are as many as main opens.
    ledger.given(8, "descriptor#3", "get-directories", None, 1);
    ledger.given(9, "descriptor#4", OPEN, Some(1), 6);
    assert_eq!(over(&mut ledger, 6, "path_open", &[0, 0, 0, 0, 0, 0, 0, 0, 0], 0), [""; 0]);
}

#[test]
fn what_main_does_itself_is_its_own() {
    let mut ledger = Ledger::default();
    ledger.given(1, "counter#1", "counter", None, 0);
    ledger.given(2, "counter#2", "counter", None, 1);
    assert_eq!(over(&mut ledger, 1, "fd_write", &[1], 0), [""; 0]);
    assert_eq!(ledger.gone(7), [""; 0]);
}
