//! Reports -> a log, and faults.

use super::*;

const NOTHING: [u64; 0] = [];

fn checked(growth: &[u64], adapters_grow: bool) -> CoreBoundary {
    let check = MemoryCheck { region: [0, 0], growth: growth.to_vec(), shared: true, adapters_grow };
    CoreBoundary::new(Some(&check), &[], &[])
}

fn begin(boundary: &mut CoreBoundary, module: &str, function: &str, arguments: &[u32], memory: &[u8]) {
    let arguments = arguments.iter().map(|value| Value::I32(*value)).collect();
    boundary.before(module.into(), function.into(), arguments, memory);
}

/// Where bytes changed without leave, and by how much memory grew.
fn faults(mut boundary: CoreBoundary, growths: &[(u64, u64)], memory: &[u8]) -> Vec<u64> {
    boundary.end(growths, memory);
    let number = |fault: &MemoryFault| match fault {
        MemoryFault::Changed { start, .. } => *start,
        MemoryFault::Grown { pages, .. } => 1000 + pages,
    };
    boundary.faults.iter().map(number).collect()
}

#[test]
fn calls_within_calls_are_indented() {
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
fn what_main_does_between_calls_is_its_own() {
    let mut boundary = checked(&[], false);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[0; 4]);
    boundary.after(&[Value::I32(0)], &[0; 4]);
    // Main traps, after it has written and grown.
    assert_eq!(faults(boundary, &[(4, 8)], &[1; 4]), NOTHING);
}

#[test]
fn what_main_allocates_for_an_adapter_is_the_adapters() {
    let mut boundary = checked(&[], false);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[0; 10]);
    begin(&mut boundary, MAIN, "cabi_realloc", &[0, 0, 1, 4], &[0; 10]);
    // Its allocator writes down that it gave something, and grows.
    boundary.after(&[Value::I32(2)], &[7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    boundary.after(&[Value::I32(0)], &[7, 0, 9, 9, 9, 9, 9, 0, 0, 0, 0, 9]);
    assert_eq!(faults(boundary, &[], &[]), [6, 11]);
}

#[test]
fn an_allocator_that_never_returns_is_main_too() {
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
fn pages_are_added_by_leave_only() {
    let page = PAGE as usize;
    for (adapters_grow, expected) in [(false, &[1001u64, 1001][..]), (true, &[])] {
        let mut boundary = checked(&[], adapters_grow);
        begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &vec![0; page]);
        boundary.after(&[Value::I32(0)], &vec![0; 2 * page]);
        // Main adds a page of its own, then an adapter adds one and ends the run.
        begin(&mut boundary, "wasi_snapshot_preview1", "proc_exit", &[0], &vec![0; 3 * page]);
        let sizes = [(PAGE, 7 * PAGE), (3 * PAGE, 4 * PAGE)];
        assert_eq!(faults(boundary, &sizes, &vec![0; 3 * page]), expected);
    }
    // What was added by leave may be written to later; what main added may not.
    let mut boundary = checked(&[], true);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[0; 2]);
    boundary.after(&[Value::I32(0)], &[0; 4]);
    begin(&mut boundary, "wasi_snapshot_preview1", "sched_yield", &[], &[0; 6]);
    boundary.after(&[Value::I32(0)], &[0, 0, 1, 1, 1, 0]);
    assert_eq!(faults(boundary, &[], &[]), [4]);
}
