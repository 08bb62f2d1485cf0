//! Leaked handles, and handles dropped in the wrong order.

use super::*;
use crate::core_boundary::Value;

const OPEN: &str = "descriptor.open-at";
const READ: &str = "descriptor.read-via-stream";

/// Ledger with a directory, a file that main knows as descriptor 5, and a stream of the file.
fn opened() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.given(1, "descriptor#1", "get-directories", None, 1);
    ledger.given(2, "descriptor#2", OPEN, Some(1), 1);
    assert_eq!(over(&mut ledger, 1, "path_open", &[0, 0, 0, 0, 0, 0, 0, 0, 4], 0), [""; 0]);
    ledger.given(3, "input-stream#1", READ, Some(2), 2);
    assert_eq!(over(&mut ledger, 2, "fd_read", &[5], 0), [""; 0]);
    ledger
}

/// Ends a call with an errno, in a memory that holds 5 at address 4.
fn over(ledger: &mut Ledger, number: u64, function: &str, arguments: &[u32], errno: u32) -> Vec<String> {
    let arguments: Vec<Value> = arguments.iter().map(|value| Value::I32(*value)).collect();
    let memory = [0, 0, 0, 0, 5, 0, 0, 0];
    let end = End::Returned(Some(Value::I32(errno)));
    let (abi, module) = (polyfill_abi::standard(), "wasi_snapshot_preview1");
    let call = Call { abi, module, function, arguments: &arguments, end };
    ledger.over(&FinishedCall { number, call, memory: &memory })
}

#[test]
fn closing_a_descriptor_drops_its_handles() {
    let mut ledger = opened();
    assert_eq!((ledger.given, ledger.most), (3, 3));
    assert_eq!([ledger.gone(3), ledger.gone(2)].concat(), [""; 0]);
    assert_eq!(over(&mut ledger, 3, "fd_close", &[5], 0), [""; 0]);
    let mut ledger = opened();
    assert_eq!(
        over(&mut ledger, 3, "fd_close", &[5], 0),
        ["left descriptor#2 of descriptor 5, which is closed", "left input-stream#1 of descriptor 5, which is closed"]
    );
    // A failed close, or the close of another descriptor.
    assert_eq!(over(&mut opened(), 3, "fd_close", &[5], 8), [""; 0]);
    assert_eq!(over(&mut opened(), 3, "fd_close", &[4], 0), [""; 0]);
}

#[test]
fn children_are_dropped_before_their_parents() {
    let mut ledger = opened();
    assert_eq!(ledger.gone(2), ["dropped descriptor#2 before its child input-stream#1"]);
    assert_eq!(over(&mut ledger, 3, "fd_close", &[5], 0), ["left input-stream#1 of descriptor 5, which is closed"]);
    // A file may outlive its directory.
    assert_eq!(opened().gone(1), [""; 0]);
}

#[test]
fn renumbering_a_descriptor_moves_its_handles() {
    let mut ledger = opened();
    assert_eq!(over(&mut ledger, 3, "fd_renumber", &[5, 5], 0), [""; 0]);
    assert_eq!(over(&mut ledger, 4, "fd_renumber", &[5, 7], 0), [""; 0]);
    assert_eq!(over(&mut ledger, 5, "fd_close", &[5], 0), [""; 0]);
    ledger.gone(3);
    assert_eq!(over(&mut ledger, 6, "fd_renumber", &[6, 7], 0), ["left descriptor#2 of descriptor 7, which is closed"]);
}

#[test]
fn a_failing_call_leaves_no_handle() {
    let mut ledger = opened();
    ledger.given(4, "descriptor#3", OPEN, Some(1), 3);
    let arguments = [0, 0, 0, 0, 0, 0, 0, 0, 4];
    assert_eq!(over(&mut ledger, 3, "path_open", &arguments, 2), ["failed, and left descriptor#3"]);
}

#[test]
fn one_handle_of_each_kind_may_be_cached() {
    let mut ledger = opened();
    ledger.given(4, "pollable#1", "input-stream.subscribe", Some(3), 3);
    assert_eq!(over(&mut ledger, 3, "poll_oneoff", &[], 0), [""; 0]);
    ledger.given(5, "pollable#2", "input-stream.subscribe", Some(3), 4);
    assert_eq!(
        over(&mut ledger, 4, "poll_oneoff", &[], 0),
        ["left pollable#2 in addition to pollable#1, both returned by input-stream.subscribe"]
    );
    // Of another stream, or dropped.
    ledger.given(6, "pollable#3", "input-stream.subscribe", Some(9), 5);
    ledger.given(7, "pollable#4", "input-stream.subscribe", Some(3), 5);
    ledger.gone(7);
    assert_eq!(over(&mut ledger, 5, "poll_oneoff", &[], 0), [""; 0]);
    // Preopened directories are returned all at once; files are opened by main.
    ledger.given(8, "descriptor#3", "get-directories", None, 1);
    ledger.given(9, "descriptor#4", OPEN, Some(1), 6);
    assert_eq!(over(&mut ledger, 6, "path_open", &[0, 0, 0, 0, 0, 0, 0, 0, 0], 0), [""; 0]);
}

#[test]
fn handles_outside_of_calls_are_ignored() {
    let mut ledger = Ledger::default();
    ledger.given(1, "counter#1", "counter", None, 0);
    ledger.given(2, "counter#2", "counter", None, 1);
    assert_eq!(over(&mut ledger, 1, "fd_write", &[1], 0), [""; 0]);
    assert_eq!(ledger.gone(7), [""; 0]);
}
