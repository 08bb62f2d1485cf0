//! Shadow stack of an adapter: size, stack pointer and guard.

use super::exec::{BLOCK, Main, OLD, PATTERN, Running};
use super::support::{GROW, MAIN, reporting, text, trim_with, wat};
use crate::trim::{Form, MainRealloc, Problem, ShadowStack, Trimmed};

/// Allocates the given number of frames after the first one, and returns the address of the last.
const FRAMES: &str = r#"
    (module
      (import "env" "memory" (memory 2))
      (global $dead i64 (i64.const 0))
      (global $__stack_pointer (mut i32) (i32.const 65536))
      (func $dive (export "dive") (param $count i32) (result i32) (local $frame i32)
        (global.set $__stack_pointer (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 64))))
        (i32.store offset=32 (local.get $frame) (local.get $count))
        (if (local.get $count)
          (then (local.set $frame (call $dive (i32.sub (local.get $count) (i32.const 1))))))
        (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (i32.const 64)))
        (local.get $frame))
      (func (export "large") (param $size i32) (result i32)
        (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (local.get $size)))
        (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (local.get $size)))
        (global.get $__stack_pointer)))
"#;

const EXPORTS: [&str; 2] = ["dive", "large"];
const GUARD: ShadowStack = ShadowStack { size: None, guard: true, pointer: None, checked: false };

#[track_caller]
fn good(stack: ShadowStack, form: Form, wasm: &[u8], realloc: MainRealloc<'_>) -> Trimmed {
    trim_with(stack, form, wasm, &EXPORTS, realloc).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn problem(stack: ShadowStack, form: Form, text: &str) -> Problem {
    let mut errors = trim_with(stack, form, &wat(text), &EXPORTS, GROW).expect_err("a problem");
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0).problem
}

/// Checks a stack of `bytes` bytes that begins at `high`, including its exact limit.
fn guarded(mut running: Running, bytes: i32, high: i32) {
    let frames = bytes / 64;
    for _ in 0..2 {
        assert_eq!(running.call1("dive", frames - 1).expect("all of the stack"), high - bytes);
        assert_eq!(running.call1("large", bytes).expect("all of the stack"), high);
    }
    // One frame too many; a frame that ends below address 0; and one that wraps around to its start.
    for (name, parameter) in [("dive", frames), ("large", bytes + 1), ("large", high + 16), ("large", -16)] {
        let Err(error) = running.call1(name, parameter) else { panic!("{name} {parameter} has no stack left") };
        let trace = format!("{error:?}");
        let lines: Vec<&str> = trace.lines().filter(|line| line.contains("adapter!")).collect();
        assert!(lines[0].contains("polyfill.stack_overflow"), "{trace}");
        assert!(lines[1].contains("polyfill.set_stack_pointer"), "{trace}");
        reset(&mut running, high);
    }
}

/// Releases the frames of a trapped call.
fn reset(running: &mut Running, high: i32) {
    let at = running.call1("large", 0).expect("no allocation");
    let pop = running.instance.get_typed_func::<i32, ()>(&mut running.store, "pop").expect("the export");
    pop.call(&mut running.store, high - at).expect("allocated frames");
}

#[test]
fn stack_overflow_traps_in_a_named_function() {
    let pop = r#"(func (export "pop") (param i32)
        (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (local.get 0)))))"#;
    let wasm = wat(&FRAMES.trim_end().strip_suffix(')').map(|head| format!("{head}{pop}")).expect("a module"));
    let trimmed = |stack, form, realloc| {
        let exports = ["dive", "large", "pop"];
        trim_with(stack, form, &wasm, &exports, realloc).unwrap_or_else(|errors| panic!("{errors:#?}"))
    };
    let grown = trimmed(GUARD, Form::Shared, GROW);
    guarded(Running::new(&grown, Main::default()), 65536, 3 * 65536);
    let small = ShadowStack { size: Some(1020), ..GUARD };
    let allocated = trimmed(small, Form::Shared, MAIN);
    guarded(Running::new(&allocated, Main::default()), 1024, BLOCK as i32 + 1024);
    let own = trimmed(GUARD, Form::Isolated, MAIN);
    guarded(Running::isolated(&own, Main::default()), 65536, 65536);
    for trimmed in [grown, allocated, own] {
        assert!(trimmed.region.expect("a stack").guarded);
    }
}

#[test]
fn isolated_stack_ends_at_the_static_data_below() {
    let data = |data: &str| wat(&FRAMES.replace("(global $dead", &format!("{data} (global $dead")));
    for (definitions, bytes) in [
        (r#"(data (i32.const 64000) "x")"#, 65536 - 64001),
        (r#"(data (i32.const 66000) "x")"#, 65536),
        (r#"(data (i32.const 1024) "x") (global (export "__data_end") i32 (i32.const 32768))"#, 32768),
    ] {
        let trimmed = good(GUARD, Form::Isolated, &data(definitions), GROW);
        assert_eq!(trimmed.region.as_ref().expect("a stack").stack_bytes, bytes);
        let mut running = Running::isolated(&trimmed, Main::default());
        assert_eq!(running.call1("large", bytes as i32).expect("all of the stack"), 65536);
        assert!(running.call1("large", bytes as i32 + 1).is_err(), "{definitions}");
    }
}

#[test]
fn stack_pointer_is_not_checked_without_a_guard() {
    let wasm = wat(FRAMES);
    for form in [Form::Shared, Form::Isolated] {
        let found = text(&good(ShadowStack::default(), form, &wasm, MAIN).wasm);
        assert!(!found.contains("stack_overflow") && !found.contains("stack_low"), "{found}");
        assert_eq!(found.matches("global.set $__stack_pointer").count(), if form == Form::Shared { 5 } else { 4 });
        // All writes except the guard's own call the guard.
        let found = text(&good(GUARD, form, &wasm, MAIN).wasm);
        assert_eq!(found.matches("call $polyfill.set_stack_pointer").count(), 4, "{found}");
        assert_eq!(found.matches("global.set $__stack_pointer").count(), if form == Form::Shared { 2 } else { 1 });
    }
    // Code that only reads the stack pointer needs no guard.
    let text = FRAMES.replace(
        r#"(func (export "large")"#,
        r#"(func (export "sp") (result i32) (global.get $__stack_pointer)) (func (export "large")"#,
    );
    let trimmed = trim_with(GUARD, Form::Shared, &wat(&text), &["sp"], GROW).expect("a good module");
    assert!(!trimmed.region.expect("a stack").guarded);
}

#[test]
fn stack_has_the_requested_size() {
    let wasm = wat(FRAMES);
    for (size, bytes) in [(1, 16), (16, 16), (17, 32), (1 << 20, 1 << 20)] {
        let stack = ShadowStack { size: Some(size), ..ShadowStack::default() };
        let trimmed = good(stack, Form::Shared, &wasm, MAIN);
        let mut running = Running::new(&trimmed, Main::default());
        assert_eq!(running.call1("large", 0).expect("a stack"), BLOCK as i32 + bytes);
        assert_eq!(running.store.data().requests, [(16, bytes as u32)]);
        assert_eq!(trimmed.region.expect("a stack").stack_bytes, bytes as u32);
    }
    for bytes in [0, (1 << 30) + 1, u32::MAX] {
        let stack = ShadowStack { size: Some(bytes), ..GUARD };
        assert_eq!(problem(stack, Form::Shared, FRAMES), Problem::StackSize { bytes });
    }
    let stack = ShadowStack { size: Some(4096), ..GUARD };
    let found = problem(stack, Form::Isolated, FRAMES);
    assert_eq!(found, Problem::FixedStack { bytes: 4096 });
    assert!(found.to_string().ends_with("link it with `-z stack-size=4096`"), "{found}");
}

#[test]
fn stack_pointer_can_be_set_by_option() {
    let stripped = FRAMES.replace("$__stack_pointer", "$g");
    // The names of the text format are stripped, so that the stack pointer must be identified by its use.
    let module = wat(&stripped);
    let bare = super::compiled::stripped(&module);
    let unknown = ShadowStack { guard: true, ..ShadowStack::default() };
    // Compilers do not emit frames of this size: the global may or may not be the stack pointer.
    let unclear = super::compiled::stripped(&wat(&stripped.replace("(i32.const 64)", "(i32.const 72)")));
    for form in [Form::Shared, Form::Isolated] {
        let errors = trim_with(unknown, form, &unclear, &EXPORTS, GROW).expect_err("an unidentified stack pointer");
        assert!(matches!(errors[0].problem, Problem::UnknownStackPointer { global: 1, .. }), "{form:?}: {errors:?}");
        assert!(errors[0].to_string().contains("option `stack.pointer`"), "{errors:?}");
        let configured = ShadowStack { pointer: Some(1), ..unknown };
        for (stack, module) in [(configured, &unclear), (configured, &bare), (unknown, &bare)] {
            let trimmed = good(stack, form, module, GROW);
            assert_eq!(trimmed.region.expect("a stack").stack_bytes, 65536);
        }
        for (global, found) in [(0, "an immutable i64"), (2, "no such global among 2")] {
            let wrong = ShadowStack { pointer: Some(global), ..unknown };
            let errors = trim_with(wrong, form, &bare, &EXPORTS, GROW).expect_err("an invalid global");
            let found = found.to_string();
            assert_eq!(errors[0].problem, Problem::StackPointerOption { global, found });
        }
    }
    // Without a guard, an isolated adapter need not have a known stack pointer.
    good(ShadowStack::default(), Form::Isolated, &bare, GROW);
    // A name takes precedence over the option.
    let trimmed = good(ShadowStack { pointer: Some(0), ..GUARD }, Form::Shared, &wat(FRAMES), GROW);
    assert!(trimmed.region.expect("a stack").guarded);
}

/// `dive` restores the stack pointer only if its parameter is 64, `large` always.
const BALANCE: &str = r#"
    (module
      (import "env" "memory" (memory 2))
      (global $__stack_pointer (mut i32) (i32.const 65536))
      (func (export "dive") (param $count i32) (result i32)
        (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 64)))
        (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (local.get $count)))
        (i32.store (i32.sub (global.get $__stack_pointer) (i32.const 64)) (local.get $count))
        (i32.add (local.get $count) (i32.const 1)))
      (func (export "large") (param $size i32) (result i32)
        (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (local.get $size)))
        (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (local.get $size)))
        (global.get $__stack_pointer)))
"#;

const CHECKED: ShadowStack = ShadowStack { size: None, guard: false, pointer: None, checked: true };

#[test]
fn exports_must_restore_the_stack_pointer() {
    let wasm = wat(BALANCE);
    let grown = good(CHECKED, Form::Shared, &wasm, GROW);
    let allocated = good(CHECKED, Form::Shared, &wasm, MAIN);
    let own = good(CHECKED, Form::Isolated, &wasm, GROW);
    for mut running in [
        Running::new(&grown, Main::default()),
        Running::new(&allocated, Main::default()),
        Running::isolated(&own, Main::default()),
    ] {
        for _ in 0..2 {
            assert_eq!(running.call1("dive", 64).expect("a restored stack pointer"), 65);
            running.call1("large", 128).expect("a restored stack pointer");
        }
        let Err(error) = running.call1("dive", 48) else { panic!("the stack pointer is off by 16") };
        let trace = format!("{error:?}");
        let lines: Vec<&str> = trace.lines().filter(|line| line.contains("adapter!")).collect();
        assert!(lines[0].contains("polyfill.stack_unbalanced"), "{trace}");
        assert!(lines[1].contains("dive"), "{trace}");
    }
    // Overflow is checked as well, but only after the stack is allocated.
    let Err(error) = Running::new(&grown, Main::default()).call1("large", 65552) else { panic!("the stack overflows") };
    assert!(format!("{error:?}").contains("polyfill.stack_overflow"));
}

#[test]
fn stack_usage_of_calls_is_reported() {
    let wasm = wat(FRAMES);
    let trimmed = |form, realloc| reporting(CHECKED, form, &wasm, &EXPORTS, realloc);
    for (mut running, low) in [
        (Running::new(&trimmed(Form::Shared, GROW), Main::default()), None),
        (Running::new(&trimmed(Form::Shared, MAIN), Main::default()), Some(BLOCK as usize)),
        (Running::isolated(&trimmed(Form::Isolated, GROW), Main::default()), None),
    ] {
        // At the first call, the adapter in main's block has no stack yet.
        for (name, parameter, used) in [("dive", 2, 192), ("large", 0, 0), ("dive", 0, 64), ("large", 65536, 65536)] {
            running.call1(name, parameter).expect("sufficient stack");
            assert_eq!(std::mem::take(&mut running.store.data_mut().used), [(used, 65536)], "{name} {parameter}");
        }
        // The unused part of a block from main is filled up to the stack pointer, and nothing outside of it.
        let bytes = running.main.data(&running.store);
        match low {
            Some(low) => {
                assert_eq!((bytes[low - 1], bytes[low + 65536]), (OLD, OLD));
                assert!(bytes[low..low + 65536].iter().all(|byte| *byte == PATTERN));
            }
            None => assert!(!bytes.contains(&PATTERN)),
        }
    }
}

#[test]
fn stack_usage_of_nested_calls_is_reported() {
    let wasm = wat(r#"
        (module
          (import "env" "memory" (memory 1))
          (import "__main_module__" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
          (global $__stack_pointer (mut i32) (i32.const 0))
          (func $frame (param $size i32)
            (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (local.get $size))))
          (func (export "inner") (result i32)
            (call $frame (i32.const 32)) (call $frame (i32.const -32)) (i32.const 0))
          (func (export "outer") (param i32) (result i32)
            (call $frame (i32.const 64))
            (drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $frame (i32.const -64))
            (local.get 0))
          (func (export "cabi_import_realloc") (param i32) (result i32)
            (call $frame (i32.const 16)) (call $frame (i32.const -16)) (local.get 0)))
    "#);
    let trimmed = reporting(CHECKED, Form::Shared, &wasm, &["inner", "outer", "cabi_import_realloc"], MAIN);
    let main = Main { reenter: Some("inner"), ..Main::default() };
    let mut running = Running::new(&trimmed, main);
    running.call1("outer", 0).expect("no trap");
    // Main calls the adapter while it allocates the region, and while it serves the adapter's request.
    assert_eq!(std::mem::take(&mut running.store.data_mut().used), [32, 96, 96].map(|used| (used, 65536)));
    // The component model does not allow calls of imports during `realloc`.
    running.call1("cabi_import_realloc", 0).expect("no trap");
    assert_eq!(running.store.data().used, []);
}

#[test]
fn adapter_without_a_stack_has_no_stack_checks() {
    let none = r#"(module (func (export "dive") (param i32)) (func (export "large") (param i32)))"#;
    for form in [Form::Shared, Form::Isolated] {
        let plain = good(ShadowStack::default(), form, &wat(none), GROW);
        assert_eq!(good(CHECKED, form, &wat(none), GROW).wasm, plain.wasm);
    }
}
