//! Work grows linearly with the size of the input: twice as much input takes about twice the work.
//!
//! Work is measured as the number of allocations and allocated bytes, which do not depend on machine load. Work without
//! allocations is covered by input sizes only: an input of the last test took minutes when names were compared
//! pairwise.

#[path = "../../../benches/heap.rs"]
mod heap;

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use heap::{Counting, Use, count};
use polyfill_encoder::{Adapter, Errors, Input, Options, Source, Wit, check, encode};
use wit_parser::Resolve;

#[global_allocator]
static HEAP: Counting = Counting;

/// Allocations are counted for the whole process, so the tests must not run in parallel.
static ALONE: Mutex<()> = Mutex::new(());

/// An input with a given number of items.
struct Made {
    main: Vec<u8>,
    wit: Option<Wit>,
    adapters: Vec<(String, Vec<u8>, Option<Wit>)>,
}

impl Made {
    fn new(main: &str) -> Made {
        Made { main: wasm(main), wit: None, adapters: Vec::new() }
    }

    fn wit(mut self, text: &str) -> Made {
        self.wit = Some(wit(text));
        self
    }

    fn adapter(mut self, name: &str, text: &str) -> Made {
        self.adapters.push((name.to_string(), wasm(text), None));
        self
    }

    fn adapter_with(mut self, name: &str, text: &str, world: &str) -> Made {
        self.adapters.push((name.to_string(), wasm(text), Some(wit(world))));
        self
    }

    fn adapters(&self) -> Vec<Adapter<'_>> {
        self.adapters.iter().map(|(name, wasm, wit)| Adapter::new(name.clone(), wasm).with_wit(wit.clone())).collect()
    }

    fn encode(&self) -> Result<usize, Errors> {
        let main = Source { name: "main".into(), wasm: &self.main, wit: self.wit.clone() };
        // Validation is disabled, because its work is not measured.
        let options = Options { validate: false, ..Options::default() };
        encode(&Input { main, adapters: self.adapters() }, &options).map(|encoded| encoded.component.len())
    }
}

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

fn wit(text: &str) -> Wit {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("world.wit", text).unwrap_or_else(|error| panic!("{error:?}"));
    let world = resolve.select_world(&[package], Some("w")).expect("a world");
    Wit { resolve, world }
}

/// Concatenates one line for each number.
fn lines(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).fold(String::new(), |mut all, number| {
        let _ = writeln!(all, "{}", line(number));
        all
    })
}

const MEMORY: &str = r#"(memory (export "memory") 1)"#;

/// Imports of one function.
fn one_function(n: usize) -> Made {
    let imports = lines(n, |_| r#"(import "old" "f" (func))"#.to_string());
    Made::new(&format!("(module {imports})")).adapter("old", r#"(module (func (export "f")))"#)
}

/// Functions of an adapter, each imported once through the shim.
fn adapter_functions(n: usize) -> Made {
    let imports = lines(n, |i| format!(r#"(import "old" "fn{i}" (func))"#));
    let exports = lines(n, |i| format!(r#"(func (export "fn{i}"))"#));
    Made::new(&format!("(module {imports} {MEMORY})")).adapter("old", &format!("(module {exports})"))
}

/// Functions of one interface with list parameters, so that each is called through the shim, too.
fn interface_functions(n: usize) -> Made {
    let imports = lines(n, |i| format!(r#"(import "t:t/i" "fn{i}" (func (param i32 i32)))"#));
    let functions = lines(n, |i| format!("fn{i}: func(a: list<u8>);"));
    let text = format!("package t:t; interface i {{ {functions} }} world w {{ import i; }}");
    Made::new(&format!("(module {imports} {MEMORY})")).wit(&text)
}

/// Functions with distinct parameter types.
fn named_types(n: usize) -> Made {
    let imports = lines(n, |i| format!(r#"(import "t:t/i" "fn{i}" (func (param i32 i64)))"#));
    let types = lines(n, |i| format!("record r{i} {{ a: u32, b: u64 }} fn{i}: func(a: r{i});"));
    let text = format!("package t:t; interface i {{ {types} }} world w {{ import i; }}");
    Made::new(&format!("(module {imports})")).wit(&text)
}

/// Interfaces with a type and a function each.
fn interfaces(n: usize) -> Made {
    let imports = lines(n, |i| format!(r#"(import "t:t/i{i}" "f" (func (param i32)))"#));
    let all = lines(n, |i| format!("interface i{i} {{ record r {{ a: u32 }} f: func(a: r); }}"));
    let imported = lines(n, |i| format!("import i{i};"));
    Made::new(&format!("(module {imports})")).wit(&format!("package t:t; {all} world w {{ {imported} }}"))
}

/// Exported functions.
fn exports(n: usize) -> Made {
    let functions = lines(n, |i| format!(r#"(func (export "fn{i}") (param i32))"#));
    let exported = lines(n, |i| format!("export fn{i}: func(a: u32);"));
    Made::new(&format!("(module {functions})")).wit(&format!("package t:t; world w {{ {exported} }}"))
}

/// Exported interfaces.
fn exported_interfaces(n: usize) -> Made {
    let functions = lines(n, |i| format!(r#"(func (export "t:t/i{i}#f") (param i32))"#));
    let all = lines(n, |i| format!("interface i{i} {{ record r {{ a: u32 }} f: func(a: r); }}"));
    let exported = lines(n, |i| format!("export i{i};"));
    Made::new(&format!("(module {functions})")).wit(&format!("package t:t; {all} world w {{ {exported} }}"))
}

/// Two worlds with the same functions and types.
fn joined(n: usize) -> Made {
    let types = lines(n, |i| format!("record r{i} {{ a: u32 }} fn{i}: func(a: r{i});"));
    let world = |package: &str| {
        format!(
            "package {package}; world w {{ import p:p/i@0.2.0; }} package p:p@0.2.0 {{ interface i {{ {types} }} }}"
        )
    };
    let module = r#"(module (func (export "get")))"#;
    Made::new(r#"(module (import "old" "get" (func)))"#).wit(&world("t:t")).adapter_with("old", module, &world("t:old"))
}

/// Adapters with one function each.
fn adapters(n: usize) -> Made {
    let imports = lines(n, |i| format!(r#"(import "old{i}" "f" (func))"#));
    let made = Made::new(&format!("(module {imports})"));
    (0..n).fold(made, |made, i| made.adapter(&format!("old{i}"), r#"(module (func (export "f")))"#))
}

/// Sections of an adapter: functions with names and locals, globals, data and element segments, custom sections.
fn sections(n: usize) -> Made {
    let functions = lines(n, |i| format!("(func $fn{i} (local $l i32) (call $fn{}))", (i + 1) % n));
    let data = lines(n, |i| format!("(data (i32.const {}) \"x\")", 8 * i));
    let elements = lines(n, |i| format!("(elem (i32.const {i}) $fn{i})"));
    let globals = lines(n, |i| format!("(global $g{i} (mut i32) (i32.const {i}))"));
    let custom = lines(n, |i| format!("(@custom \"c{i}\" \"x\")"));
    let main = r#"(module (import "old" "f" (func)) (memory (export "memory") 1))"#;
    Made::new(main).adapter(
        "old",
        &format!(
            r#"(module (memory 8) (table {n} funcref) {globals} {elements} {functions} {data} {custom}
                (func (export "f") (call $fn0) (call_indirect (i32.const 0)) (i32.store (i32.const 0) (global.get $g0))))"#
        ),
    )
}

/// Returns the allocations of an encoding.
fn work(made: &Made) -> Use {
    let (found, used) = count(|| made.encode());
    assert!(found.is_ok(), "{}", found.expect_err("an error"));
    used
}

#[track_caller]
fn twice(what: &str, once: usize, twice: usize) {
    assert!(twice * 10 <= once * 22, "{what}: {once}, but {twice} for twice the input");
}

#[test]
fn encoding_takes_linear_work() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    type Kind = (&'static str, fn(usize) -> Made);
    let kinds: [Kind; 10] = [
        ("imports of one function", one_function),
        ("functions of an adapter", adapter_functions),
        ("functions of an interface", interface_functions),
        ("types", named_types),
        ("interfaces", interfaces),
        ("exports", exports),
        ("exported interfaces", exported_interfaces),
        ("common items of two worlds", joined),
        ("adapters", adapters),
        ("sections", sections),
    ];
    for (what, make) in kinds {
        let [small, large] = [200, 400].map(|n| work(&make(n)));
        twice(&format!("{what}, allocations"), small.allocations, large.allocations);
        twice(&format!("{what}, bytes"), small.bytes, large.bytes);
    }
}

#[test]
fn checking_takes_linear_work() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let [small, large] = [200, 400].map(|n| {
        let made = sections(n);
        let (found, used) = count(|| check(&made.adapters()[0]));
        assert!(found.is_empty(), "{found:?}");
        used
    });
    twice("allocations", small.allocations, large.allocations);
    twice("bytes", small.bytes, large.bytes);
}

/// Unknown imports with similar names in the world.
fn unknown(n: usize) -> Made {
    let imports = lines(n, |i| format!(r#"(import "wasi-{i}" "f" (func))"#));
    let known = lines(n / 10, |i| format!("interface wasi-{i}x {{ f: func(); }}"));
    let imported = lines(n / 10, |i| format!("import wasi-{i}x;"));
    Made::new(&format!("(module {imports})")).wit(&format!("package t:t; {known} world w {{ {imported} }}"))
}

#[test]
fn errors_beyond_the_limit_are_counted() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let uses = [2000, 4000].map(|n| {
        let made = unknown(n);
        let (found, used) = count(|| made.encode());
        let text = found.expect_err("unknown imports").to_string();
        assert_eq!(text.matches("no adapter implements this module").count(), 100);
        assert!(text.ends_with(&format!("{} more errors of these kinds are not shown", n - 100)), "{text}");
        used
    });
    // Names are compared only for reported errors.
    twice("allocations", uses[0].allocations, uses[1].allocations);
    twice("bytes", uses[0].bytes, uses[1].bytes);
}

/// With pairwise comparisons, these inputs took between half a minute and hours.
#[test]
fn large_inputs_can_be_encoded() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for made in [one_function(30_000), adapter_functions(3_000), interface_functions(4_000), exports(3_000)] {
        made.encode().unwrap_or_else(|errors| panic!("{errors}"));
    }
    let errors = unknown(20_000).encode().expect_err("unknown imports");
    assert_eq!(errors.iter().count(), 101);
}
