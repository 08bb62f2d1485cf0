//! What calls may change, and what they may not.

use polyfill_build::index::MemoryCheck;

use super::*;

const NOTHING: [u64; 0] = [];
const SUCCESS: End = End::Returned(Some(Value::I32(0)));
const BADF: End = End::Returned(Some(Value::I32(8)));

/// The addresses that a call changed without leave, of a memory of 100 bytes, `changes` of which it wrote.
fn found(function: &str, arguments: &[u32], end: End, setup: &[(u32, u32)], changes: &[(usize, u8)]) -> Vec<u64> {
    let mut before = vec![0; 100];
    for (at, word) in setup {
        before[*at as usize..][..4].copy_from_slice(&word.to_le_bytes());
    }
    let mut after = before.clone();
    for (at, byte) in changes {
        after[*at] = *byte;
    }
    let arguments: Vec<Value> = arguments.iter().map(|value| Value::I32(*value)).collect();
    let call = Call { module: "wasi_snapshot_preview1", function, arguments: &arguments, end };
    let lists = Lists { args: Size { count: 1, bytes: 3 }, ..Lists::default() };
    let check = MemoryCheck { region: [90, 92], growth: Vec::new(), shared: true, adapters_grow: false };
    let faults = faults(&call, &before, &after, &mut Watch::new(&check, lists));
    let starts = faults.iter().map(|fault| match fault {
        MemoryFault::Changed { start, .. } => *start,
        MemoryFault::Grown { .. } => unreachable!("growth is found elsewhere"),
    });
    starts.collect()
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
    assert_eq!(found("fd_read", &arguments, BADF, &setup, &[(60, 5), (40, 1)]), [40]);
    assert_eq!(found("random_get", &[20, 4], SUCCESS, &[], &[(20, 1), (23, 1), (24, 1)]), [24]);
}

#[test]
fn a_call_that_never_returns_may_have_filled_its_buffers() {
    let (setup, arguments) = ([(0, 40), (4, 4), (8, 50), (12, 4)], [0, 0, 2, 60]);
    assert_eq!(found("fd_read", &arguments, End::Never, &setup, &[(40, 1), (43, 1), (50, 1), (53, 1)]), NOTHING);
    assert_eq!(found("fd_read", &arguments, End::Never, &setup, &[(44, 1), (54, 1)]), [44, 54]);
    assert_eq!(found("poll_oneoff", &[0, 10, 1, 60], End::Never, &[], &[(10, 1), (41, 1), (42, 1)]), [42]);
    assert_eq!(found("proc_exit", &[0], End::Never, &[], &[(0, 1), (91, 1), (99, 1)]), [0, 99]);
}

#[test]
fn arguments_are_as_large_as_was_said() {
    assert_eq!(found("args_get", &[0, 8], SUCCESS, &[], &[(3, 1), (8, 1), (10, 1)]), NOTHING);
    assert_eq!(found("args_get", &[0, 8], SUCCESS, &[], &[(4, 1), (11, 1)]), [4, 11]);
}

#[test]
fn what_main_does_itself_is_no_change_of_the_adapters() {
    let mut baseline = vec![0, 1, 2, 3];
    // The adapter has changed the second byte; main changes that, the last one, and adds one.
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
fn sums_that_do_not_fit_are_no_panic() {
    let setup = [(0, u32::MAX), (4, u32::MAX)];
    assert_eq!(found("fd_read", &[0, 0, u32::MAX, u32::MAX], SUCCESS, &setup, &[(50, 1)]), [50]);
    assert_eq!(found("fd_write", &[0, 0, 0, u32::MAX], SUCCESS, &[], &[(50, 1)]), [50]);
    assert_eq!(found("fd_write", &[], SUCCESS, &[], &[(50, 1)]), [50]);
}
