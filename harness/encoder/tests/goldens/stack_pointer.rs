//! Which global of an adapter is its stack pointer, where no symbol, export or name says so.

use polyfill_encoder::{Adapter, Form, Input, Options, Source, check, encode};

/// What is made of an adapter.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Found {
    /// It gets a stack of its own.
    Stack,
    /// It has none.
    None,
    /// It is refused.
    Unclear,
}
use Found::{None, Stack, Unclear};

/// Functions of adapters, with one global, `(mut i32)`, without a name: its initial value, and what is found.
const ADAPTERS: &[(&str, u32, &str, Found)] = &[
    (
        "a frame, as it is optimised",
        65536,
        "(func (export \"f\") (local i32)
           (global.set 0 (local.tee 0 (i32.sub (global.get 0) (i32.const 32))))
           (i32.store offset=12 (local.get 0) (i32.const 7))
           (global.set 0 (i32.add (local.get 0) (i32.const 32))))",
        Stack,
    ),
    (
        "a frame, as it is without optimisation",
        1048576,
        "(func (export \"f\") (local i32 i32 i32 i32 i32)
           (local.set 0 (global.get 0)) (local.set 1 (i32.const 16))
           (local.set 2 (i32.sub (local.get 0) (local.get 1))) (global.set 0 (local.get 2))
           (i32.store offset=8 (local.get 2) (i32.const 7))
           (local.set 3 (i32.const 16)) (local.set 4 (i32.add (local.get 2) (local.get 3)))
           (global.set 0 (local.get 4)))",
        Stack,
    ),
    (
        "a frame that is put back by a copy of the old value",
        65536,
        "(func (export \"f\") (local i32 i32)
           (local.set 0 (global.get 0))
           (global.set 0 (local.tee 1 (i32.add (local.get 0) (i32.const -64))))
           (i32.store (local.get 1) (i32.const 7))
           (global.set 0 (local.get 0)))",
        Stack,
    ),
    (
        "a frame whose address is only passed on",
        65536,
        "(func $g (param i32) (i32.store (local.get 0) (i32.const 7)))
         (func (export \"f\") (local i32)
           (global.set 0 (local.tee 0 (i32.sub (global.get 0) (i32.const 16))))
           (call $g (i32.add (local.get 0) (i32.const 12)))
           (global.set 0 (i32.add (local.get 0) (i32.const 16))))",
        Stack,
    ),
    (
        "a leaf function, which leaves the global as it is",
        65536,
        "(func (export \"f\") (local i32)
           (local.set 0 (i32.sub (global.get 0) (i32.const 16)))
           (i32.store offset=12 (local.get 0) (i32.const 7)))",
        Stack,
    ),
    (
        "a frame whose size is known at run time, aligned",
        65536,
        "(func (export \"f\") (local i32 i32)
           (local.set 0 (global.get 0))
           (global.set 0 (local.tee 1 (i32.and (i32.sub (local.get 0) (i32.load (i32.const 0))) (i32.const -32))))
           (i32.store (local.get 1) (i32.const 7))
           (if (i32.load (local.get 1)) (then (global.set 0 (local.get 0)) (return)))
           (global.set 0 (local.get 0)))",
        Stack,
    ),
    (
        "a counter that goes up",
        0,
        "(func (export \"f\") (global.set 0 (i32.add (global.get 0) (i32.const 1)))
           (i32.store (i32.const 0) (global.get 0)))",
        None,
    ),
    (
        "a counter that goes down, and is stored",
        1024,
        "(func (export \"f\") (global.set 0 (i32.sub (global.get 0) (i32.const 1)))
           (i32.store (i32.const 0) (global.get 0)))",
        None,
    ),
    (
        "fuel, in steps of a frame, passed on",
        65536,
        "(func $log (param i32) (i32.store (i32.const 0) (local.get 0)))
         (func (export \"f\") (global.set 0 (i32.sub (global.get 0) (i32.const 64))) (call $log (global.get 0)))",
        None,
    ),
    (
        "the depth of a recursion",
        64,
        "(func $f (export \"f\") (global.set 0 (i32.sub (global.get 0) (i32.const 1)))
           (if (global.get 0) (then (call $f)))
           (global.set 0 (i32.add (global.get 0) (i32.const 1)))
           (i32.store (i32.const 0) (i32.const 1)))",
        None,
    ),
    (
        "an index into memory of the caller's",
        16,
        "(func (export \"f\") (local i32) (local.set 0 (i32.load (i32.const 0)))
           (global.set 0 (i32.sub (global.get 0) (i32.const 1)))
           (i32.store8 (i32.add (local.get 0) (global.get 0)) (i32.const 48)))",
        None,
    ),
    (
        "a pointer to free memory, which goes up",
        4096,
        "(func (export \"f\") (local i32) (local.set 0 (global.get 0))
           (global.set 0 (i32.add (local.get 0) (i32.const 16)))
           (i32.store (local.get 0) (i32.const 1)))",
        None,
    ),
    (
        "frames of a size that no compiler makes",
        65536,
        "(func (export \"f\")
           (global.set 0 (i32.sub (global.get 0) (i32.const 12)))
           (i32.store (global.get 0) (i32.const 1))
           (global.set 0 (i32.add (global.get 0) (i32.const 12))))",
        Unclear,
    ),
    (
        "a frame that is never put back",
        65536,
        "(func (export \"f\")
           (global.set 0 (i32.sub (global.get 0) (i32.const 16)))
           (i32.store (global.get 0) (i32.const 1)))",
        Unclear,
    ),
    (
        "a stack that somebody else allocates",
        0,
        "(func (export \"f\")
           (global.set 0 (i32.sub (global.get 0) (i32.const 16)))
           (i32.store (global.get 0) (i32.const 1))
           (global.set 0 (i32.add (global.get 0) (i32.const 16))))",
        Unclear,
    ),
];

/// Name sections: none; one with functions only, as wabt writes it; and one that calls the global something else.
const NAMES: [(&str, bool); 3] = [
    ("", true),
    (r#"(@custom "name" "\01\04\01\00\01f")"#, true),
    (r#"(@custom "name" "\07\08\01\00\05count")"#, false),
];

#[test]
fn code_tells_which_global_is_the_stack_pointer() {
    for (what, start, functions, expected) in ADAPTERS {
        for (section, nameless) in NAMES {
            // Identifiers of the text would make names.
            let functions = functions.replace("$log", "0").replace("$g", "0").replace("$f", "0");
            let functions = functions.replace("(func 0", "(func");
            let text = format!(
                r#"(module (import "env" "memory" (memory 1)) (global (mut i32) (i32.const {start})) {functions} {section})"#
            );
            let found = found(&text);
            let expected = if nameless { *expected } else { None };
            assert_eq!(found, expected, "{what}, section {section:?}");
        }
    }
}

fn found(text: &str) -> Found {
    let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    let main = r#"(module (import "old" "f" (func)) (memory (export "memory") 1) (func (export "go")))"#;
    let main = wat::parse_str(main).expect("a module");
    let adapter = Adapter::new("old", &wasm);
    let refused = |text: String| text.contains("cannot tell the stack pointer: global 0");
    // Checking finds the same.
    let checked: Vec<String> = check(&adapter).iter().map(ToString::to_string).collect();
    let input = Input { main: Source { name: "main".into(), wasm: &main, wit: Option::None }, adapters: vec![adapter] };
    match encode(&input, &Options::default()) {
        Err(errors) => {
            assert!(refused(errors.to_string()) && refused(checked.concat()), "{text}: {errors}");
            Unclear
        }
        Ok(encoded) => {
            assert!(checked.is_empty(), "{text}: {checked:?}");
            if encoded.plan.to_string().contains("65536 bytes of stack") { Stack } else { None }
        }
    }
}

/// Where nothing moves, it does not matter.
#[test]
fn an_isolated_adapter_keeps_its_stack_where_it_is() {
    for (what, start, functions, _) in ADAPTERS {
        let text = format!("(module (memory 2) (global (mut i32) (i32.const {start})) {functions})");
        let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
        let errors = check(&Adapter::new("old", &wasm).in_form(Form::Isolated));
        assert!(errors.is_empty(), "{what}: {errors:?}");
    }
}
