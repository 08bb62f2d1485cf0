//! Relocation of static data: generated code and rejected input. `exec` tests its execution.

use super::linked::{Damage, module};
use super::support::{GROW, MAIN, good, text, trim};
use crate::trim::Problem;

#[test]
fn only_referenced_data_is_kept() {
    let wasm = module(Damage::default());
    // The record refers to the greeting and to a function.
    let trimmed = good(&wasm, &["record"], GROW);
    assert_eq!(trimmed.kept.data_bytes, 5 + 8);
    assert_eq!((trimmed.kept.functions, trimmed.kept.table_slots), (2, 1));
    let found = text(&trimmed.wasm);
    // Pointers are filled in by code. Without an indirect call, the table is dropped.
    assert!(found.contains(r#"(data (;0;) "hello\00\00\00\00\00\00\00\01\00\00\00")"#), "{found}");
    assert!(!found.contains("(table"), "{found}");
    let trimmed = good(&wasm, &["bump"], GROW);
    assert_eq!((trimmed.kept.functions, trimmed.kept.data_bytes), (1, 4));
    assert!(!text(&trimmed.wasm).contains("(data"), "zeros need no bytes");
    let trimmed = good(&wasm, &["dead"], GROW);
    assert_eq!(trimmed.kept.data_bytes, 20);
}

#[test]
fn addresses_are_relative_to_the_data_start() {
    let found = text(&good(&module(Damage::default()), &["record", "bump"], GROW).wasm);
    let body = |name: &str| {
        let body = found.split(&format!("(func ${name} ")).nth(1).expect("the function");
        let lines = body.lines().skip(1).map(str::trim).take_while(|line| *line != ")");
        lines.collect::<Vec<_>>().join("; ")
    };
    assert_eq!(body("record"), "global.get $polyfill.data_start; i32.const 8; i32.add");
    // The value of the store is kept in a local while its address is computed.
    assert_eq!(
        body("bump"),
        "(local i32); i32.const 0; i32.const 0; \
         global.get $polyfill.data_start; i32.const 0; i32.add; i32.load offset=16; \
         i32.const 1; i32.add; local.set 0; \
         global.get $polyfill.data_start; i32.add; local.get 0; i32.store offset=16; \
         i32.const 0; global.get $polyfill.data_start; i32.add; i32.load offset=16"
            .replace("data_start; i32.const 0; i32.add; i32.load", "data_start; i32.add; i32.load")
    );
    assert!(
        body("polyfill.place_region")
            .ends_with("local.get 0; local.get 0; i32.const 1; i32.add; i32.store offset=8 align=1")
    );
}

#[test]
fn allocated_blocks_are_zeroed_and_grown_memory_is_not() {
    let wasm = module(Damage::default());
    assert!(text(&good(&wasm, &["bump"], MAIN).wasm).contains("memory.fill"));
    assert!(!text(&good(&wasm, &["bump"], GROW).wasm).contains("memory.fill"));
}

#[test]
fn live_table_slots_are_renumbered_from_one() {
    let found = text(&good(&module(Damage::default()), &["call", "slot"], GROW).wasm);
    assert!(found.contains("(table (;0;) 2 2 funcref)"), "{found}");
    assert!(found.contains("(elem (;0;) (i32.const 1) func $callee)"), "{found}");
    assert!(!found.contains("$dead"), "{found}");
}

#[test]
fn invalid_relocations_are_rejected() {
    let stale = [
        Damage { address: true, ..Damage::default() },
        Damage { position: true, ..Damage::default() },
        Damage { slot: true, ..Damage::default() },
    ];
    for damage in stale {
        let errors = trim(&module(damage), &["record"], GROW).expect_err("damaged");
        assert!(matches!(errors[0].problem, Problem::StaleRelocations { .. }), "{errors:?}");
        assert!(errors[0].to_string().contains("neither strip nor post-process"), "{errors:?}");
    }
    let missing = Damage { missing: true, ..Damage::default() };
    let errors = trim(&module(missing), &["bump"], GROW).expect_err("damaged");
    assert!(matches!(errors[0].problem, Problem::FixedData { bytes: 52, .. }), "{errors:?}");
    let kind = Damage { kind: true, ..Damage::default() };
    let errors = trim(&module(kind), &["record"], GROW).expect_err("damaged");
    assert!(matches!(errors[0].problem, Problem::Relocation { .. }), "{errors:?}");
}
