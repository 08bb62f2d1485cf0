//! Tests of reading the use of the canonical ABI: it does not depend on the layout, and every relevant difference is
//! found.

use polyfill_differential::cases::{self, Expected};
use polyfill_differential::needs::{Needs, NeedsError, needs};

/// A directly lifted function, a resource, and a lower with all options explicit.
const STRAIGHT: &str = r#"(component
    (import "log" (instance $log (export "write" (func (param "text" string)))))
    (core module $memory (memory (export "memory") 1))
    (core module $main
        (import "log" "write" (func (param i32 i32)))
        (func (export "run") (param i32 i32))
        (func (export "drop") (param i32))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))
    (core instance $memory (instantiate $memory))
    (alias core export $memory "memory" (core memory $mem))
    (core func $write (canon lower (func $log "write") (memory $mem) string-encoding=utf8))
    (core instance $items (export "write" (func $write)))
    (core instance $main (instantiate $main (with "log" (instance $items))))
    (alias core export $main "drop" (core func $dtor))
    (type $r (resource (rep i32) (dtor $dtor)))
    (core func (canon resource.drop $r))
    (alias core export $main "cabi_realloc" (core func $realloc))
    (func $run (param "text" string)
        (canon lift (core func $main "run") (memory $mem) (realloc $realloc)))
    (instance $tools (export "run" (func $run)) (export "r" (type $r)))
    (export "tools" (instance $tools)))"#;

/// The same through a nested component, a shim and a fixup, with duplicate lowers.
const ROUNDABOUT: &str = r#"(component
    (import "log" (instance $log (export "write" (func (param "text" string)))))
    (core module $main
        (import "log" "write" (func (param i32 i32)))
        (func (export "run") (param i32 i32))
        (func (export "drop") (param i32))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))
    (core module $memory (memory (export "memory") 1))
    (core module $polyfill:shim
        (type $drop (func (param i32)))
        (table (export "slots") 1 1 funcref)
        (func (export "0") (type $drop) (call_indirect (type $drop) (local.get 0) (i32.const 0))))
    (core module $polyfill:fixup
        (import "" "slots" (table 1 1 funcref))
        (import "" "0" (func $drop (param i32)))
        (elem (i32.const 0) func $drop))
    (core instance $shim (instantiate $polyfill:shim))
    (alias core export $shim "0" (core func $dtor))
    (type $r (resource (rep i32) (dtor $dtor)))
    (core func (canon resource.drop $r))
    (core func (canon resource.drop $r))
    (core instance $memory (instantiate $memory))
    (alias core export $memory "memory" (core memory $mem))
    (alias export $log "write" (func $write))
    (core func $lowered (canon lower (func $write) (memory $mem)))
    (core func (canon lower (func $write) (memory $mem)))
    (core instance $main (instantiate $main
        (with "log" (instance (export "write" (func $lowered))))))
    (alias core export $main "drop" (core func $drop))
    (alias core export $shim "slots" (core table $slots))
    (core instance (instantiate $polyfill:fixup
        (with "" (instance (export "0" (func $drop)) (export "slots" (table $slots))))))
    (alias core export $main "cabi_realloc" (core func $realloc))
    (func $run (param "text" string)
        (canon lift (core func $main "run") (memory $mem) string-encoding=utf8 (realloc $realloc)))
    (component $nested
        (import "the-type" (type $r (sub resource)))
        (import "the-function" (func $run (param "text" string)))
        (export "run" (func $run))
        (export "r" (type $r)))
    (instance $tools (instantiate $nested (with "the-function" (func $run)) (with "the-type" (type $r))))
    (export "tools" (instance $tools)))"#;

const EXPECTED: &str = "\
lower log#write memory=memory
lift tools#run = main.run memory=memory realloc=main.cabi_realloc
resource tools#r dtor=main.drop
resource.drop export tools#r
";

fn of(text: &str) -> Needs {
    needs(&wat::parse_str(text).unwrap()).unwrap()
}

#[test]
fn layout_is_irrelevant() {
    assert_eq!(of(STRAIGHT).to_string(), EXPECTED);
    assert_eq!(of(STRAIGHT), of(ROUNDABOUT));
}

#[test]
fn every_relevant_change_is_a_difference() {
    for (from, to, diff) in [
        (
            "(realloc $realloc)))",
            "(realloc $realloc) string-encoding=utf16))",
            "\
- lift tools#run = main.run memory=memory realloc=main.cabi_realloc
+ lift tools#run = main.run memory=memory realloc=main.cabi_realloc utf16
",
        ),
        (
            "(dtor $dtor)",
            "",
            "\
- resource tools#r dtor=main.drop
+ resource tools#r
",
        ),
        (
            "(core func (canon resource.drop $r))",
            "(core func (canon resource.rep $r))",
            "\
- resource.drop export tools#r
+ resource.rep export tools#r
",
        ),
        (
            "string-encoding=utf8",
            "string-encoding=latin1+utf16",
            "\
- lower log#write memory=memory
+ lower log#write memory=memory latin1+utf16
",
        ),
        (
            r#"(export "run" (func $run))"#,
            r#"(export "run" (func $log "write"))"#,
            "\
- lift tools#run = main.run memory=memory realloc=main.cabi_realloc
+ export tools#run = import log#write
",
        ),
    ] {
        let other = STRAIGHT.replacen(from, to, 1);
        assert_ne!(other, STRAIGHT, "`{from}` not found");
        assert_eq!(of(STRAIGHT).diff(&of(&other)), diff);
    }
}

/// All components of the reference are readable, and the notifications of task hooks are found.
#[test]
fn components_of_the_reference_are_readable() {
    let mut noticed = Vec::new();
    for case in cases::read_all(&cases::folder().unwrap()).unwrap() {
        let Expected::Component { bytes, .. } = &case.expected else { continue };
        let needs = needs(bytes).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        if needs.to_string().contains("with notice [12, 13]") {
            noticed.push(case.name);
        }
    }
    let expected = ["realloc-task-hook", "realloc-task-hook-adapter", "realloc-task-hook-import-memory"];
    for name in expected {
        assert!(noticed.iter().any(|other| other == name), "{name} not found: {noticed:?}");
    }
}

#[test]
fn damaged_components_are_rejected() {
    let whole = wat::parse_str(ROUNDABOUT).unwrap();
    let mut refused = 0;
    for end in 0..whole.len() {
        refused += u32::from(needs(&whole[..end]).is_err());
    }
    for at in 8..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        refused += u32::from(needs(&damaged).is_err());
    }
    assert!(refused > 1000, "only {refused} rejected");
    let index = NeedsError::Index { space: "core function", index: 9 };
    assert_eq!(index.to_string(), "the component has no core function 9");
}
