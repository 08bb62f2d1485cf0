//! Detection of an adapter's stack pointer global without a symbol, export or name.

use polyfill_encoder::{Adapter, Form, Input, Options, Source, check, encode};

/// Result of the detection.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Found {
    /// The global is the stack pointer, so a stack is allocated.
    ShadowStack,
    /// The global is not the stack pointer.
    None,
    /// The adapter is rejected, because the result is ambiguous.
    Unclear,
}
use Found::{None, ShadowStack, Unclear};

/// Adapters with one unnamed global of type `(mut i32)`: description, initial value, functions, and expected result.
const ADAPTERS: &[(&str, u32, &str, Found)] = &[
    (
        "a frame with optimization",
        65536,
        "(func (export \"f\") (local i32)
           (global.set 0 (local.tee 0 (i32.sub (global.get 0) (i32.const 32))))
           (i32.store offset=12 (local.get 0) (i32.const 7))
           (global.set 0 (i32.add (local.get 0) (i32.const 32))))",
        ShadowStack,
    ),
    (
        "a frame without optimization",
        1048576,
        "(func (export \"f\") (local i32 i32 i32 i32 i32)
           (local.set 0 (global.get 0)) (local.set 1 (i32.const 16))
           (local.set 2 (i32.sub (local.get 0) (local.get 1))) (global.set 0 (local.get 2))
           (i32.store offset=8 (local.get 2) (i32.const 7))
           (local.set 3 (i32.const 16)) (local.set 4 (i32.add (local.get 2) (local.get 3)))
           (global.set 0 (local.get 4)))",
        ShadowStack,
    ),
    (
        "a frame that is restored by a copy of the old value",
        65536,
        "(func (export \"f\") (local i32 i32)
           (local.set 0 (global.get 0))
           (global.set 0 (local.tee 1 (i32.add (local.get 0) (i32.const -64))))
           (i32.store (local.get 1) (i32.const 7))
           (global.set 0 (local.get 0)))",
        ShadowStack,
    ),
    (
        "a frame whose address is only passed to a call",
        65536,
        "(func $g (param i32) (i32.store (local.get 0) (i32.const 7)))
         (func (export \"f\") (local i32)
           (global.set 0 (local.tee 0 (i32.sub (global.get 0) (i32.const 16))))
           (call $g (i32.add (local.get 0) (i32.const 12)))
           (global.set 0 (i32.add (local.get 0) (i32.const 16))))",
        ShadowStack,
    ),
    (
        "a leaf function that does not change the global",
        65536,
        "(func (export \"f\") (local i32)
           (local.set 0 (i32.sub (global.get 0) (i32.const 16)))
           (i32.store offset=12 (local.get 0) (i32.const 7)))",
        ShadowStack,
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
        ShadowStack,
    ),
    (
        "an ascending counter",
        0,
        "(func (export \"f\") (global.set 0 (i32.add (global.get 0) (i32.const 1)))
           (i32.store (i32.const 0) (global.get 0)))",
        None,
    ),
    (
        "a descending counter that is stored",
        1024,
        "(func (export \"f\") (global.set 0 (i32.sub (global.get 0) (i32.const 1)))
           (i32.store (i32.const 0) (global.get 0)))",
        None,
    ),
    (
        "fuel in steps of a frame size, passed to a call",
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
        "an index into the caller's memory",
        16,
        "(func (export \"f\") (local i32) (local.set 0 (i32.load (i32.const 0)))
           (global.set 0 (i32.sub (global.get 0) (i32.const 1)))
           (i32.store8 (i32.add (local.get 0) (global.get 0)) (i32.const 48)))",
        None,
    ),
    (
        "an ascending pointer to free memory",
        4096,
        "(func (export \"f\") (local i32) (local.set 0 (global.get 0))
           (global.set 0 (i32.add (local.get 0) (i32.const 16)))
           (i32.store (local.get 0) (i32.const 1)))",
        None,
    ),
    (
        "frames of a size that no compiler uses",
        65536,
        "(func (export \"f\")
           (global.set 0 (i32.sub (global.get 0) (i32.const 12)))
           (i32.store (global.get 0) (i32.const 1))
           (global.set 0 (i32.add (global.get 0) (i32.const 12))))",
        Unclear,
    ),
    (
        "a frame that is never restored",
        65536,
        "(func (export \"f\")
           (global.set 0 (i32.sub (global.get 0) (i32.const 16)))
           (i32.store (global.get 0) (i32.const 1)))",
        Unclear,
    ),
    (
        "a stack that is allocated elsewhere",
        0,
        "(func (export \"f\")
           (global.set 0 (i32.sub (global.get 0) (i32.const 16)))
           (i32.store (global.get 0) (i32.const 1))
           (global.set 0 (i32.add (global.get 0) (i32.const 16))))",
        Unclear,
    ),
];

/// Name sections: none, one with functions only (as written by wabt), and one with another name for the global.
const NAMES: [(&str, bool); 3] = [
    ("", true),
    (r#"(@custom "name" "\01\04\01\00\01f")"#, true),
    (r#"(@custom "name" "\07\08\01\00\05count")"#, false),
];

#[test]
fn stack_pointer_is_detected_from_code() {
    for (what, start, functions, expected) in ADAPTERS {
        for (section, nameless) in NAMES {
            // Identifiers in the text format would add names.
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
    let refused = |text: String| text.contains("cannot identify the stack pointer: global 0");
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
            if encoded.plan.to_string().contains("65536 bytes of stack") { ShadowStack } else { None }
        }
    }
}

/// An isolated adapter keeps its memory layout, so the stack pointer does not have to be detected.
#[test]
fn isolated_adapters_need_no_stack_pointer() {
    for (what, start, functions, _) in ADAPTERS {
        let text = format!("(module (memory 2) (global (mut i32) (i32.const {start})) {functions})");
        let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
        let errors = check(&Adapter::new("old", &wasm).in_form(Form::Isolated));
        assert!(errors.is_empty(), "{what}: {errors:?}");
    }
}
