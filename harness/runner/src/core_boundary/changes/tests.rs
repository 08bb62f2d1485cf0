//! Allowed and forbidden changes of calls.

use polyfill_builder::index::Sanitize;

use super::*;
use crate::core_boundary::PATTERNS;
use crate::core_boundary::places::Sizes;

const NOTHING: [u64; 0] = [];
const SUCCESS: End = End::Returned(Some(Value::I32(0)));
const BADF: End = End::Returned(Some(Value::I32(8)));

/// Returns the addresses of forbidden changes by a call, in a memory of 100 bytes to which it wrote `changes`.
fn found(function: &str, arguments: &[u32], end: End, setup: &[(u32, u32)], changes: &[(usize, u8)]) -> Vec<u64> {
    let start = |what: &ViolationKind| match what {
        ViolationKind::Memory(changed)
        | ViolationKind::ResultOnError(changed)
        | ViolationKind::BufferOnError(changed) => changed.start,
        other => unreachable!("{other} is found elsewhere"),
    };
    whats(function, arguments, end, setup, changes).iter().map(start).collect()
}

/// Formats the forbidden changes by a call.
fn violations(
    function: &str,
    arguments: &[u32],
    end: End,
    setup: &[(u32, u32)],
    changes: &[(usize, u8)],
) -> Vec<String> {
    let text = |what: &ViolationKind| format!("{}: {what}", what.kind());
    whats(function, arguments, end, setup, changes).iter().map(text).collect()
}

fn whats(
    function: &str,
    arguments: &[u32],
    end: End,
    setup: &[(u32, u32)],
    changes: &[(usize, u8)],
) -> Vec<ViolationKind> {
    let mut before = vec![0; 100];
    for (at, word) in setup {
        before[*at as usize..][..4].copy_from_slice(&word.to_le_bytes());
    }
    let mut after = before.clone();
    for (at, byte) in changes {
        after[*at] = *byte;
    }
    let arguments: Vec<Value> = arguments.iter().map(|value| Value::I32(*value)).collect();
    let (abi, module) = (polyfill_abi::standard(), "wasi_snapshot_preview1");
    let call = Call { abi, module, function, arguments: &arguments, end };
    let inputs = Sizes { args: [1, 3], ..Sizes::default() };
    let lists = Reported { inputs, ..Reported::default() };
    let check = Sanitize { region: [90, 92], growth: Vec::new(), shared: true, adapters_grow: false };
    faults(&call, &before, &after, &mut Watch::new(&check, lists))
}

#[test]
fn results_and_region_may_change() {
    assert_eq!(found("fd_write", &[1, 0, 0, 8], SUCCESS, &[], &[(8, 1), (11, 1), (90, 1), (91, 1)]), NOTHING);
    assert_eq!(found("fd_write", &[1, 0, 0, 8], SUCCESS, &[], &[(7, 1), (12, 1), (13, 1), (92, 1)]), [7, 12, 92]);
}

#[test]
fn buffers_may_change_as_far_as_the_count_says() {
    // Two buffers of 4 bytes at 40 and 50; the count at 60.
    let (setup, arguments) = ([(0, 40), (4, 4), (8, 50), (12, 4)], [0, 0, 2, 60]);
    assert_eq!(found("fd_read", &arguments, SUCCESS, &setup, &[(60, 5), (40, 1), (43, 1), (50, 1)]), NOTHING);
    assert_eq!(found("fd_read", &arguments, SUCCESS, &setup, &[(60, 5), (44, 1), (51, 1)]), [44, 51]);
    assert_eq!(found("random_get", &[20, 4], SUCCESS, &[], &[(20, 1), (23, 1), (24, 1)]), [24]);
}

#[test]
fn a_failing_call_has_no_output() {
    let (setup, arguments) = ([(0, 40), (4, 4), (8, 44), (12, 4)], [0, 0, 2, 60]);
    assert_eq!(
        violations("fd_read", &arguments, BADF, &setup, &[(42, 1), (43, 1), (44, 1), (60, 5), (63, 1), (64, 1)]),
        [
            "buffer-on-error: changed 2 bytes of `iovs`, 0x2a..0x2c",
            "buffer-on-error: changed 1 byte of `iovs`, 0x2c..0x2d",
            "result-on-error: changed 1 byte of `nread`, 0x3c..0x3d",
            "result-on-error: changed 1 byte of `nread`, 0x3f..0x40",
            "memory: changed 1 byte of main's memory, right after `nread`, 0x40..0x41",
        ]
    );
    assert_eq!(
        violations("fd_filestat_get", &[3, 8], BADF, &[], &[(8, 1), (71, 1), (72, 1), (90, 1)]),
        [
            "result-on-error: changed 1 byte of `stat`, 0x8..0x9",
            "result-on-error: changed 1 byte of `stat`, 0x47..0x48",
            "memory: changed 1 byte of main's memory, right after `stat`, 0x48..0x49",
        ]
    );
    assert_eq!(
        violations("args_get", &[0, 8], BADF, &[], &[(3, 1), (8, 1)]),
        [
            "buffer-on-error: changed 1 byte of `argv`, 0x3..0x4",
            "buffer-on-error: changed 1 byte of `argv_buf`, 0x8..0x9",
        ]
    );
    assert_eq!(
        violations("random_get", &[20, 4], BADF, &[], &[(20, 1)]),
        ["buffer-on-error: changed 1 byte of `buf`, 0x14..0x15"]
    );
}

#[test]
fn violations_name_the_owner_of_changed_bytes() {
    let (setup, arguments) = ([(0, 40), (4, 4)], [0, 0, 1, 60]);
    assert_eq!(
        violations("fd_read", &arguments, SUCCESS, &setup, &[(60, 2), (41, 1), (42, 1), (43, 1), (44, 1), (50, 1)]),
        [
            "memory: changed 2 bytes of `iovs`, beyond its reported length, 0x2a..0x2c",
            "memory: changed 1 byte of main's memory, right after `iovs`, 0x2c..0x2d",
            "memory: changed 1 byte of main's memory, 0x32..0x33",
        ]
    );
}

#[test]
fn a_call_that_never_returns_may_fill_its_buffers() {
    let (setup, arguments) = ([(0, 40), (4, 4), (8, 50), (12, 4)], [0, 0, 2, 60]);
    assert_eq!(found("fd_read", &arguments, End::Never, &setup, &[(40, 1), (43, 1), (50, 1), (53, 1)]), NOTHING);
    assert_eq!(found("fd_read", &arguments, End::Never, &setup, &[(44, 1), (54, 1)]), [44, 54]);
    assert_eq!(found("poll_oneoff", &[0, 10, 1, 60], End::Never, &[], &[(10, 1), (41, 1), (42, 1)]), [42]);
    assert_eq!(found("proc_exit", &[0], End::Never, &[], &[(0, 1), (91, 1), (99, 1)]), [0, 99]);
}

#[test]
fn arguments_may_use_their_reported_size() {
    assert_eq!(found("args_get", &[0, 8], SUCCESS, &[], &[(3, 1), (8, 1), (10, 1)]), NOTHING);
    assert_eq!(found("args_get", &[0, 8], SUCCESS, &[], &[(4, 1), (11, 1)]), [4, 11]);
}

#[test]
fn changes_by_main_are_not_attributed_to_the_adapter() {
    let mut baseline = vec![0, 1, 2, 3];
    // The adapter has changed the second byte. Main changes it again, changes the last byte and adds one.
    take_over(&mut baseline, &[0, 9, 2, 3], &[0, 8, 2, 4, 5]);
    assert_eq!(baseline, [0, 1, 2, 4, 5]);
}

#[test]
fn places_may_overlap_and_reach_beyond_the_end() {
    assert_eq!(gaps(vec![6..9, 2..4, 3..4, 8..u64::MAX], 20), [0..2, 4..6]);
    assert_eq!(gaps(vec![0..1, 30..40], 20), vec![1..20]);
    assert_eq!(gaps(vec![], 0), vec![]);
}

#[test]
fn overflowing_sums_do_not_panic() {
    let setup = [(0, u32::MAX), (4, u32::MAX)];
    assert_eq!(found("fd_read", &[0, 0, u32::MAX, u32::MAX], SUCCESS, &setup, &[(50, 1)]), [50]);
    assert_eq!(found("fd_write", &[0, 0, 0, u32::MAX], SUCCESS, &[], &[(50, 1)]), [50]);
    assert_eq!(found("fd_write", &[], SUCCESS, &[], &[(50, 1)]), [50]);
}

#[test]
fn successful_calls_write_their_results() {
    let filled: Vec<(usize, u8)> = (8..16).map(|at| (at, PATTERNS[0])).collect();
    assert_eq!(
        violations("fd_seek", &[3, 0, 0, 8], SUCCESS, &[], &filled),
        ["unwritten: did not write `offset`, 0x8..0x10"]
    );
    // Partly written, a failing call, or bytes equal to the pattern before the call.
    assert_eq!(violations("fd_seek", &[3, 0, 0, 8], SUCCESS, &[], &filled[1..]), NOTHING.map(|_| ""));
    assert_eq!(violations("fd_seek", &[3, 0, 0, 8], BADF, &[], &[]), NOTHING.map(|_| ""));
    let there = [(8, 0xa5a5_a5a5), (12, 0xa5a5_a5a5)];
    assert_eq!(violations("fd_seek", &[3, 0, 0, 8], SUCCESS, &there, &[]), NOTHING.map(|_| ""));
}
