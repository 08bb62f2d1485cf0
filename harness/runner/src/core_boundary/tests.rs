//! Reports produce a log and violations.

use super::*;
use crate::observation::TrapInfo;

const NOTHING: [u64; 0] = [];

fn checked(growth: &[u64], adapters_grow: bool) -> CoreBoundary {
    let check = Sanitize { region: [0, 0], growth: growth.to_vec(), shared: true, adapters_grow };
    CoreBoundary::new(Some(&check), &Descriptions::default(), &[], &[])
}

fn begin(boundary: &mut CoreBoundary, module: &str, function: &str, arguments: &[u32], memory: &[u8]) {
    let arguments = arguments.iter().map(|value| Value::I32(*value)).collect();
    boundary.before(module.into(), function.into(), arguments, memory);
}

/// Returns the addresses of forbidden changes, and 1000 plus the number of forbidden pages.
fn faults(mut boundary: CoreBoundary, growths: &[(u64, u64)], memory: &[u8]) -> Vec<u64> {
    boundary.end(growths, memory);
    let number = |violation: &Violation| match &violation.what {
        ViolationKind::Memory(changed) => changed.start,
        ViolationKind::Growth { pages } => 1000 + pages,
        other => panic!("{other}"),
    };
    boundary.violations.iter().map(number).collect()
}

/// Formats all violations with their calls.
fn reports(boundary: &CoreBoundary) -> Vec<String> {
    let text = |violation: &Violation| format!("{} {}: {violation}", violation.number, violation.call);
    boundary.violations.iter().map(text).collect()
}

#[test]
fn nested_calls_are_indented() {
    let mut boundary = CoreBoundary::default();
    boundary.before("old".into(), "f".into(), vec![Value::I32(u32::MAX), Value::F64(0.5)], &[]);
    begin(&mut boundary, MAIN, "cabi_realloc", &[0, 0, 1, 8], &[]);
    boundary.before("new".into(), "g".into(), vec![Value::I64(7)], &[]);
    boundary.after(&[Value::I32(8)], &[]);
    boundary.after(&[Value::I32(64)], &[]);
    boundary.after(&[], &[]);
    begin(&mut boundary, "new", "exit", &[], &[]);
    boundary.end(&[], &[]);
    assert_eq!(boundary.lines, ["old.f(4294967295, 0.5)", "  new.g(7) -> 8", "new.exit()"]);
}

#[test]
fn a_call_that_never_returns_is_judged_at_the_end() {
    for (function, arguments, expected) in [("proc_exit", &[3][..], &[2u64, 6][..]), ("random_get", &[4, 3], &[2])] {
        let mut boundary = checked(&[], false);
        begin(&mut boundary, "wasi_snapshot_preview1", function, arguments, &[0; 10]);
        assert_eq!(faults(boundary, &[], &[0, 0, 1, 0, 0, 0, 1, 0, 0, 0]), expected, "{function}");
    }
}

#[test]
fn changes_by_main_between_calls_are_allowed() {
    let mut boundary = checked(&[], false);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[0; 4]);
    boundary.after(&[Value::I32(0)], &[0; 4]);
    // Main traps after it has written to memory and grown it.
    assert_eq!(faults(boundary, &[(4, 8)], &[1; 4]), NOTHING);
}

#[test]
fn blocks_allocated_for_an_adapter_are_writable() {
    let mut boundary = checked(&[], false);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[0; 10]);
    begin(&mut boundary, MAIN, "cabi_realloc", &[0, 0, 1, 4], &[0; 10]);
    // The allocator updates its own data and grows memory.
    boundary.after(&[Value::I32(2)], &[7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    boundary.after(&[Value::I32(0)], &[7, 0, 9, 9, 9, 9, 9, 0, 0, 0, 0, 9]);
    assert_eq!(faults(boundary, &[], &[]), [6, 11]);
}

#[test]
fn changes_by_an_allocator_that_never_returns_are_allowed() {
    let mut boundary = checked(&[], false);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[0; 4]);
    begin(&mut boundary, MAIN, "cabi_realloc", &[0, 0, 1, 4], &[0, 1, 0, 0]);
    assert_eq!(faults(boundary, &[], &[0, 1, 2, 2]), [1]);
}

#[test]
fn an_adapter_that_the_allocator_calls_takes_its_region_from_new_pages() {
    let mut boundary = checked(&[4], false);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[0; 4]);
    begin(&mut boundary, MAIN, "cabi_realloc", &[0, 0, 1, 4], &[0; 4]);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[0; 4]);
    boundary.after(&[Value::I32(0)], &[0, 0, 0, 0, 9, 9, 9, 9]);
    boundary.after(&[Value::I32(0)], &[0, 0, 0, 1, 9, 9, 9, 9]);
    boundary.after(&[Value::I32(0)], &[0, 0, 0, 1, 8, 8, 8, 8]);
    assert_eq!(faults(boundary, &[], &[]), NOTHING);
}

#[test]
fn pages_are_added_with_permission_only() {
    let page = PAGE as usize;
    for (adapters_grow, expected) in [(false, &[1001u64, 1001][..]), (true, &[])] {
        let mut boundary = checked(&[], adapters_grow);
        begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &vec![0; page]);
        boundary.after(&[Value::I32(0)], &vec![0; 2 * page]);
        // Main adds a page, then an adapter adds a page and ends the run.
        begin(&mut boundary, "wasi_snapshot_preview1", "proc_exit", &[0], &vec![0; 3 * page]);
        let sizes = [(PAGE, 7 * PAGE), (3 * PAGE, 4 * PAGE)];
        assert_eq!(faults(boundary, &sizes, &vec![0; 3 * page]), expected);
    }
    // Pages added with permission are writable later; pages added by main are not.
    let mut boundary = checked(&[], true);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[0; 2]);
    boundary.after(&[Value::I32(0)], &[0; 4]);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[0; 6]);
    boundary.after(&[Value::I32(0)], &[0, 0, 1, 1, 1, 0]);
    assert_eq!(faults(boundary, &[], &[]), [4]);
}

#[test]
fn realloc_arguments_and_results_are_checked() {
    let mut boundary = checked(&[], false);
    let memory = [0; 100];
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &memory);
    begin(&mut boundary, "wasi_snapshot_preview1", "random_get", &[8, 4], &memory);
    begin(&mut boundary, MAIN, "cabi_realloc", &[0, 0, 3, 8], &memory);
    begin(&mut boundary, MAIN, "cabi_realloc", &[40, 1, 1, 8], &memory);
    boundary.after(&[Value::I32(96)], &memory);
    boundary.after(&[Value::I32(64)], &memory);
    boundary.after(&[Value::I32(0)], &memory);
    boundary.after(&[Value::I32(0)], &memory);
    // Calls outside of any call by main are checked as well.
    begin(&mut boundary, MAIN, "cabi_realloc", &[0, 0, 0, 0], &memory);
    boundary.after(&[Value::I32(64)], &memory);
    let call = "2 wasi_snapshot_preview1.random_get(8, 4)";
    assert_eq!(
        reports(&boundary),
        [
            format!("{call}: realloc: called main's realloc with the invalid alignment 3"),
            format!("{call}: realloc: re-entered main's realloc"),
            format!("{call}: realloc: called main's realloc on a block that it did not allocate, 0x28"),
            format!("{call}: realloc: received 0x60..0x68 from main's realloc, beyond the end of main's memory"),
            "0 : realloc: called main's realloc with the invalid alignment 0".into(),
        ]
    );
    let checked = boundary.finish().checked;
    assert_eq!((checked.calls, checked.reallocs, checked.most_reallocs), (1, 3, 2));
}

#[test]
fn a_freed_block_is_no_longer_writable() {
    let mut boundary = checked(&[], false);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[0; 20]);
    begin(&mut boundary, MAIN, "cabi_realloc", &[0, 0, 1, 4], &[0; 20]);
    boundary.after(&[Value::I32(4)], &[0; 20]);
    begin(&mut boundary, MAIN, "cabi_realloc", &[4, 4, 1, 6], &[0; 20]);
    boundary.after(&[Value::I32(10)], &[0; 20]);
    let mut after = [0; 20];
    (after[4], after[10], after[15]) = (1, 1, 1);
    boundary.after(&[Value::I32(0)], &after);
    assert_eq!(faults(boundary, &[], &after), [4]);
}

#[test]
fn stack_pointer_is_restored_after_each_call() {
    let mut boundary = checked(&[], false);
    let at = |boundary: &mut CoreBoundary, address: u32| boundary.stack_pointer = Some(address);
    // An adapter leaves it lower, and main's realloc within that call does so as well: each error is reported once.
    at(&mut boundary, 100);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[]);
    at(&mut boundary, 90);
    begin(&mut boundary, MAIN, "cabi_realloc", &[0, 0, 1, 4], &[]);
    at(&mut boundary, 80);
    boundary.after(&[Value::I32(0)], &[]);
    at(&mut boundary, 80);
    boundary.after(&[Value::I32(0)], &[]);
    // The stack pointer is restored, or unknown.
    at(&mut boundary, 80);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[]);
    begin(&mut boundary, MAIN, "cabi_realloc", &[0, 0, 1, 4], &[]);
    boundary.after(&[Value::I32(0)], &[]);
    at(&mut boundary, 80);
    boundary.after(&[Value::I32(0)], &[]);
    let stack = |reports: Vec<String>| reports.into_iter().filter(|line| line.contains(": stack:")).collect::<Vec<_>>();
    assert_eq!(
        stack(reports(&boundary)),
        [
            "1 wasi_snapshot_preview1.sched_yield(): stack: main's realloc left main's stack pointer at 0x50, \
             expected 0x5a",
            "1 wasi_snapshot_preview1.sched_yield() -> 0: stack: left main's stack pointer at 0x50, expected 0x5a",
        ]
    );
    assert_eq!(boundary.finish().checked.stack_pointers, 2);
}

#[test]
fn handle_violations_name_their_call() {
    let mut boundary = checked(&[], false);
    let memory = [3, 0, 0, 0];
    begin(&mut boundary, "wasi_snapshot_preview1", "path_open", &[0, 0, 0, 0, 0, 0, 0, 0, 0], &memory);
    boundary.given(1, "descriptor#1", "get-directories", None);
    boundary.given(2, "descriptor#2", "descriptor.open-at", Some(1));
    boundary.given(3, "input-stream#1", "descriptor.read-via-stream", Some(2));
    boundary.after(&[Value::I32(0)], &memory);
    begin(&mut boundary, "wasi_snapshot_preview1", "fd_close", &[3], &memory);
    boundary.dropped(2);
    boundary.after(&[Value::I32(0)], &memory);
    assert_eq!(
        reports(&boundary),
        [
            "2 wasi_snapshot_preview1.fd_close(3): handle: dropped descriptor#2 before its child input-stream#1",
            "2 wasi_snapshot_preview1.fd_close(3) -> 0: handle: left input-stream#1 of descriptor 3, which is closed",
        ]
    );
    assert_eq!(boundary.finish().checked.most_handles, 3);
}

#[test]
fn an_invalid_handle_is_a_violation_of_the_adapter() {
    let info = TrapInfo { message: "unknown handle index 7".into(), frames: Vec::new() };
    let mut boundary = checked(&[], false);
    begin(&mut boundary, "wasi_snapshot_preview1", "fd_close", &[3], &[]);
    boundary.refused(&Outcome::Trap(info.clone()));
    boundary.refused(&Outcome::Trap(TrapInfo { message: "unreachable".into(), ..info.clone() }));
    boundary.refused(&Outcome::Returned);
    let frame = |function: &str| Frame {
        module: Some("adapter".into()),
        function: function.into(),
        offset: None,
        source: None,
        inlined: false,
    };
    for name in ["polyfill.stack_unbalanced", "polyfill.stack_overflow", "other"] {
        let frames = vec![frame(name), frame("fd_close")];
        boundary.refused(&Outcome::Trap(TrapInfo { message: "unreachable".into(), frames }));
    }
    assert_eq!(
        reports(&boundary),
        [
            "1 wasi_snapshot_preview1.fd_close(3): handle: used an invalid handle: unknown handle index 7",
            "1 wasi_snapshot_preview1.fd_close(3): stack: returned without restoring the stack pointer",
            "1 wasi_snapshot_preview1.fd_close(3): stack: overflowed its shadow stack",
        ]
    );
    assert_eq!(boundary.violations[1].frames.len(), 2);
    // Errors in main are not reported.
    let mut boundary = checked(&[], false);
    boundary.refused(&Outcome::Trap(info));
    assert_eq!(reports(&boundary), [""; 0]);
}

#[test]
fn nothing_is_reported_without_sanitizing() {
    let mut boundary = CoreBoundary::default();
    begin(&mut boundary, "wasi_snapshot_preview1", "fd_close", &[3], &[0]);
    begin(&mut boundary, MAIN, "cabi_realloc", &[0, 0, 3, 8], &[0]);
    boundary.after(&[Value::I32(3)], &[1]);
    boundary.given(1, "a#1", "f", None);
    boundary.given(2, "b#1", "g", Some(1));
    boundary.dropped(1);
    boundary.after(&[Value::I32(8)], &[1]);
    assert_eq!(reports(&boundary), [""; 0]);
}
