//! Adapters in the isolated form.

use super::exec::{Main, OLD, Running};
use super::linked::{self, Damage, module};
use super::support::{GROW, MAIN, isolated, text, trim_as, wat};
use crate::trim::{self, Form, Problem, ShadowStack, When};

/// Returns the problems of an adapter in the isolated form.
fn problems(text: &str) -> Vec<Problem> {
    match trim_as(Form::Isolated, &wat(text), &["f"], GROW) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| error.problem).collect(),
    }
}

#[test]
fn static_data_keeps_its_address() {
    // With relocations, with invalid relocations, and without relocations.
    let stale = Damage { address: true, ..Damage::default() };
    let missing = Damage { missing: true, ..Damage::default() };
    let strange = Damage { kind: true, ..Damage::default() };
    for (damage, bytes) in [(Damage::default(), 17), (strange, 52), (missing, 52), (stale, 52)] {
        let trimmed = isolated(&module(damage), &["record", "bump", "call", "slot", "heap"]);
        assert_eq!(trimmed.kept.data_bytes, bytes);
        let mut running = Running::isolated(&trimmed, Main::default());
        assert_eq!([running.call("bump"), running.call("bump"), running.call("call")], [1, 2, 42]);
        assert_eq!(running.call("heap"), linked::HEAP_BASE as i32);
        let record = running.call("record");
        assert_eq!(record as u32, linked::RECORD + if damage.address { 4 } else { 0 });
        assert_eq!(running.word(linked::RECORD as i32), linked::GREETING as i32 + 1);
        assert_eq!(running.word(linked::RECORD as i32 + 4), running.call("slot"));
        let memory = running.memory.data(&running.store);
        assert_eq!(&memory[linked::GREETING as usize..][..5], b"hello");
        assert!(running.main.data(&running.store).iter().all(|byte| *byte == OLD), "main's memory is intact");
    }
}

#[test]
fn only_live_nonzero_data_is_emitted() {
    let found = text(&isolated(&module(Damage::default()), &["record", "bump"]).wasm);
    // Four zeros between the greeting and dead data are omitted. The record contains the new slot number.
    assert!(found.contains(r#"(data (;0;) (i32.const 1024) "hello")"#), "{found}");
    assert!(found.contains(r#"(data (;1;) (i32.const 1052) "\01\04\00\00\01")"#), "{found}");
    assert_eq!(found.matches("(data ").count(), 2, "{found}");
}

#[test]
fn garbage_collection_is_idempotent() {
    for damage in [Damage::default(), Damage { missing: true, ..Damage::default() }] {
        let once = isolated(&module(damage), &["bump", "call", "record"]);
        let twice = isolated(&once.wasm, &["bump", "call", "record"]);
        assert_eq!(text(&once.wasm), text(&twice.wasm));
        assert_eq!(once.memory, twice.memory);
    }
}

#[test]
fn own_memory_becomes_an_import() {
    let text_of = |memory: &str| {
        format!(
            r#"(module
                 {memory}
                 (data (i32.const 65530) "0123456789")
                 (start $start)
                 (func $start (i32.store8 (i32.const 65535) (i32.const 33)))
                 (func (export "f") (result i32) (memory.grow (i32.const 1))))"#
        )
    };
    for (memory, expected) in [
        (r#"(memory (export "memory") 3 9)"#, "(memory (;0;) 3 9)"),
        (r#"(import "env" "memory" (memory 3 9))"#, "(memory (;0;) 3 9)"),
        // The memory is large enough for the data.
        (r#"(import "env" "memory" (memory 0))"#, "(memory (;0;) 2)"),
    ] {
        let trimmed = isolated(&wat(&text_of(memory)), &["f"]);
        let found = text(&trimmed.wasm);
        assert!(found.contains(&format!(r#"(import "env" "memory" {expected}"#)), "{found}");
        assert_eq!(found.matches("memory (;0;)").count(), 1, "{found}");
        assert!(found.contains("(start $") || found.contains("(start 0)"), "{found}");
        let mut running = Running::isolated(&trimmed, Main::default());
        let pages = trimmed.memory.expect("a memory").initial;
        assert_eq!(running.call("f"), pages as i32);
        assert_eq!(&running.memory.data(&running.store)[65530..65540], b"01234!6789");
        assert!(running.main.data(&running.store).iter().all(|byte| *byte == OLD), "main's memory is intact");
        let report = trimmed.region.expect("a memory");
        assert_eq!((report.when, report.source), (When::Always, format!("own memory, {pages} pages")));
    }
    let small = text_of("(memory 1 1)");
    // Such a module cannot be instantiated unmodified, either.
    assert_eq!(problems(&small), [Problem::MemoryTooSmall { needed: 2, maximum: 1 }]);
}

#[test]
fn stack_keeps_its_address() {
    let stack = r#"
        (module
          (import "__main_module__" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
          (memory 2)
          (data (i32.const 1024) "data")
          (global $__stack_pointer (mut i32) (i32.const 66560))
          (global $allocation_state (mut i32) (i32.const 0))
          (func (export "sp") (result i32) (global.get $__stack_pointer))
          (func (export "state") (result i32) (global.get $allocation_state))
          (func (export "nested") (result i32)
            (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 512)))
            (i32.store (global.get $__stack_pointer) (i32.const 7))
            (drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 100)))
            (i32.load (global.get $__stack_pointer))
            (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (i32.const 512)))))
    "#;
    let trimmed = isolated(&wat(stack), &["sp", "state", "nested"]);
    // Main calls the adapter while allocating.
    let main = Main { reenter: Some("sp"), ..Main::default() };
    let mut running = Running::isolated(&trimmed, main);
    assert_eq!((running.call("nested"), running.call("sp")), (7, 66560));
    assert_eq!(running.store.data().reentered, [66560 - 512]);
    assert_eq!(running.store.data().requests, [(8, 100)]);
    assert_eq!(running.call("state"), 2);
    assert_eq!(trimmed.region.expect("a memory").stack_bytes, 66560 - 1028);
    // The linker sets an initial value of zero if the stack is allocated at run time.
    let none = stack.replace("i32.const 66560", "i32.const 0");
    let errors = trim_as(Form::Isolated, &wat(&none), &["sp"], MAIN);
    assert_eq!(errors.map(|trimmed| trimmed.memory), Ok(None), "an unused memory is dropped");
    let errors = trim_as(Form::Isolated, &wat(&none), &["nested"], MAIN).expect_err("no stack");
    assert_eq!(errors[0].problem, Problem::NoStack { global: 0 });
}

#[test]
fn unused_memory_is_dropped() {
    let wasm = wat(r#"
        (module
          (import "host" "log" (func $log (param i32 i32)))
          (import "host" "now" (func $now (result i64)))
          (memory 1)
          (data (i32.const 8) "text")
          (func (export "one") (result i32) (i32.const 1))
          (func (export "now") (result i64) (call $now))
          (func (export "say") (call $log (i32.const 8) (i32.const 4))))
    "#);
    for name in ["one", "now"] {
        let trimmed = isolated(&wasm, &[name]);
        assert_eq!((trimmed.memory, trimmed.region, trimmed.kept.data_bytes), (None, None, 0));
    }
    // No code of the module loads the data, but the import receives its address.
    let trimmed = isolated(&wasm, &["say"]);
    assert_eq!(trimmed.kept.data_bytes, 4);
    assert!(trimmed.memory.is_some());
}

#[test]
fn data_segments_that_code_refers_to_are_kept() {
    let wasm = wat(r#"
        (module
          (memory 1)
          (data $dead "dead") (data $zeros (i32.const 0) "\01\00\00\00") (data $live "live")
          (func (export "f") (result i32)
            (memory.init $live (i32.const 0) (i32.const 0) (i32.const 4))
            (data.drop $live)
            (i32.load (i32.const 0))))
    "#);
    let trimmed = isolated(&wasm, &["f"]);
    assert_eq!((trimmed.kept.data_bytes, trimmed.dropped.data_bytes), (8, 4));
    let mut running = Running::isolated(&trimmed, Main::default());
    assert_eq!(running.call("f"), i32::from_le_bytes(*b"live"));
}

#[test]
fn data_segment_of_a_dropped_memory_is_empty() {
    let wasm = wat(r#"
        (module
          (memory $used 1) (memory $other 1)
          (data $gone (memory $other) (i32.const 8) "gone")
          (func (export "f") (result i32)
            (memory.init $used $gone (i32.const 8) (i32.const 0) (i32.const 0))
            (data.drop $gone)
            (i32.load $used (i32.const 8))))
    "#);
    let mut running = Running::isolated(&isolated(&wasm, &["f"]), Main::default());
    assert_eq!(running.call("f"), 0);
}

#[test]
fn isolated_adapter_can_import_only_functions_of_main() {
    let found = problems(
        r#"
        (module
          (import "__main_module__" "memory" (memory 1))
          (import "__main_module__" "table" (table 1 funcref))
          (import "__main_module__" "errno" (global $errno i32))
          (import "__main_module__" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
          (import "__main_module__" "_start" (func $start))
          (data (global.get $errno) "x")
          (func (export "f")
            (call $start)
            (drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.load (i32.const 1))))
            (call_indirect (i32.const 0))))
        "#,
    );
    let part = |name: &str, found| Problem::IsolatedImport { name: name.to_string(), found };
    assert_eq!(
        found,
        [
            Problem::NoMainRealloc { name: "cabi_realloc".to_string() },
            part("memory", "memory"),
            part("table", "table"),
            part("errno", "global"),
        ]
    );
    assert!(found[0].to_string().contains("export `cabi_realloc` from main, or choose the shared form"));
    assert!(found[1].to_string().contains("functions `load`, `store` and `size` of `__main_memory__`"));
}

#[test]
fn isolated_adapter_must_have_one_unshared_32_bit_memory() {
    let found = problems(
        r#"(module (memory $a 1) (memory $b 1 2 shared)
             (func (export "f") (memory.copy $a $b (i32.const 0) (i32.const 0) (i32.const 1))))"#,
    );
    assert_eq!(found, [Problem::SecondMemory { index: 1 }, Problem::MemoryKind { found: "shared" }]);
    let found =
        problems(r#"(module (import "libc" "memory" (memory 1)) (func (export "f") (drop (i32.load (i32.const 0)))))"#);
    assert!(matches!(&found[..], [Problem::Import { found: "memory", .. }]), "{found:?}");
    // The second of two memories, if only that one is used.
    let wasm = wat(r#"(module (memory $a 1) (memory $b 4) (data (memory $a) (i32.const 0) "a")
        (data (memory $b) (i32.const 0) "b") (func (export "f") (result i32) (i32.load $b (i32.const 0))))"#);
    let trimmed = isolated(&wasm, &["f"]);
    assert_eq!((trimmed.memory.map(|memory| memory.initial), trimmed.kept.data_bytes), (Some(4), 1));
    assert_eq!(Running::isolated(&trimmed, Main::default()).call("f"), i32::from(b'b'));
}

#[test]
fn check_depends_on_the_form() {
    let own = r#"(module (memory 1) (data (i32.const 8) "x") (func (export "f") (drop (i32.load (i32.const 8)))))"#;
    let check = |text: &str, form| trim::check("adapter", &wat(text), form, ShadowStack::default()).len();
    assert_eq!((check(own, Form::Shared), check(own, Form::Isolated)), (2, 0));
    let main = r#"(module (import "__main_module__" "g" (global i32)) (func (export "f") (drop (global.get 0))))"#;
    assert_eq!((check(main, Form::Shared), check(main, Form::Isolated)), (0, 1));
    let takes = r#"(module (import "__main_module__" "cabi_realloc" (func (param i32 i32 i32 i32) (result i32)))
        (export "f" (func 0)))"#;
    assert_eq!((check(takes, Form::Shared), check(takes, Form::Isolated)), (0, 0));
}
