//! Guest modules: each makes one call, and another one from its allocator.

use super::shape::Shape;
use crate::fuzz::{Calls, Domain, Function, Kind, calls, guest_world};

/// World of the component. Functions are indices into the list of functions. `at` is the allocation, counted from 1,
/// during which `inner` is called.
const WIT: &str = "
package polyfill:entry;
world guest {
    /// Returns the number of allocations and the errnos of both calls: 32, 16 and 16 bits.
    export enter: func(outer: u32, inner: u32, at: u32) -> u64;
    /// Makes a call `times` times. Returns the number of allocations and the last errno.
    export again: func(function: u32, times: u32) -> u64;
}";

/// Errno of a call that was not made or has not returned.
pub(super) const NONE: u16 = 0xffff;
/// Reported in place of the inner errno when the guest's heap is damaged.
pub(super) const IN_PIECES: u16 = 0xfffe;
pub(super) const OVERWRITTEN: u16 = 0xfffd;

/// Import of a function that is not part of preview1.
const UNKNOWN: &str =
    "  (import \"wasi_snapshot_preview1\" \"fd_unknown\" (func $fd_unknown (param i32) (result i32)))\n";

/// Addresses in the guest's memory.
const PATH: u32 = 0x100;
const IOVEC: u32 = 0x110;
const SUBSCRIPTION: u32 = 0x140;
const RESULTS: u32 = 0x200;
const BUFFER: u32 = 0x1000;
const ROOMS: u32 = 0x2000;
const EVENTS: u32 = 0x4000;
/// Start of the allocator's memory.
const HEAP: u32 = 0x1_0000;

/// Returns the world of the guests.
pub(super) fn wit() -> Result<polyfill_encoder::Wit, String> {
    guest_world(WIT)
}

/// Returns the text of a core module with a layout and functions. `stress` is the function that the adapter calls, or
/// `_initialize`.
pub(super) fn text(shape: Shape, functions: &[Function], entry: &str) -> String {
    let Calls { imports, body } = calls(functions, arguments);
    let parts = Parts::of(shape, &imports, &body);
    let Parts { imported, inner, memory, allocators, start, before, behind } = parts;
    let close = close(functions);
    let clock = SUBSCRIPTION + 16;
    format!(
        r#"(module $entry
{imports}{imported}{memory}
(global $allocations (mut i32) (i32.const 0))
(global $at (mut i32) (i32.const 0))
(global $inner (mut i32) (i32.const 0))
(global $observed (mut i32) (i32.const {NONE}))
(global $top (mut i32) (i32.const {HEAP}))
(global $first (mut i32) (i32.const 0))
(global $next (mut i32) (i32.const 0))
(data (i32.const {PATH}) "f")
(data (i32.const {IOVEC}) "\00\10\00\00\10\00\00\00")
(data (i32.const {clock}) "\01")
(func $call (param $function i32) (result i32)
  {body})
(func $call_inner (param $function i32) (result i32)
  {inner})
(func $allocate (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
  (local $place i32)
  (global.set $allocations (i32.add (global.get $allocations) (i32.const 1)))
  (if (i32.eq (global.get $allocations) (global.get $at))
    (then (global.set $observed (call $call_inner (global.get $inner)))))
  (local.set $place
    (i32.and
      (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
  (global.set $top (i32.add (local.get $place) (local.get $new)))
  (memory.copy (local.get $place) (local.get $old) (local.get $size))
  (local.get $place))
{allocators}
{start}
;; Adds a page to the heap, which must follow the last one.
(func $grow
  (local $page i32)
  (local.set $page (memory.grow (i32.const 1)))
  (if (i32.eqz (global.get $first))
    (then (global.set $first (local.get $page)))
    (else
      (if (i32.ne (local.get $page) (global.get $next)) (then (global.set $observed (i32.const {IN_PIECES}))))))
  (global.set $next (i32.add (local.get $page) (i32.const 1)))
  (memory.fill (i32.shl (local.get $page) (i32.const 16)) (i32.const 0xa5) (i32.const 0x10000)))
;; Checks the page from before the call.
(func $check
  (local $at i32)
  (local.set $at (i32.shl (global.get $first) (i32.const 16)))
  (loop $again
    (if (i64.ne (i64.load (local.get $at)) (i64.const 0xa5a5a5a5a5a5a5a5))
      (then (global.set $observed (i32.const {OVERWRITTEN})) (return)))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $again (i32.and (local.get $at) (i32.const 0xffff)))))
(func (export "{entry}"))
(func (export "enter") (param $outer i32) (param $inner i32) (param $at i32) (result i64)
  (local $errno i32)
  (global.set $inner (local.get $inner))
  (global.set $at (local.get $at))
  {before}
  (local.set $errno (call $call (local.get $outer)))
  {behind}
  (i64.or
    (i64.shl (i64.extend_i32_u (global.get $allocations)) (i64.const 32))
    (i64.or
      (i64.shl (i64.extend_i32_u (global.get $observed)) (i64.const 16))
      (i64.extend_i32_u (i32.and (local.get $errno) (i32.const 0xffff))))))
(func (export "again") (param $function i32) (param $times i32) (result i64)
  (local $errno i32)
  (loop $next
    (local.set $errno (call $call (local.get $function)))
    {close}
    (local.set $times (i32.sub (local.get $times) (i32.const 1)))
    (br_if $next (local.get $times)))
  (i64.or
    (i64.shl (i64.extend_i32_u (global.get $allocations)) (i64.const 32))
    (i64.extend_i32_u (i32.and (local.get $errno) (i32.const 0xffff))))))
"#
    )
}

/// Parts of the module that differ by layout.
struct Parts {
    /// Additional function imports.
    imported: String,
    /// Body of the function that the allocator calls.
    inner: String,
    memory: &'static str,
    allocators: &'static str,
    start: &'static str,
    /// Code around the outer call.
    before: &'static str,
    behind: &'static str,
}

impl Parts {
    fn of(shape: Shape, imports: &str, body: &str) -> Parts {
        const ALLOCATOR: &str = "(export \"cabi_realloc\" (func $allocate))";
        let plain = Parts {
            imported: String::new(),
            inner: "(call $call (local.get $function))".into(),
            memory: "(memory (export \"memory\") 16)",
            allocators: ALLOCATOR,
            start: "",
            before: "",
            behind: "",
        };
        match shape {
            Shape::Plain | Shape::Stripped | Shape::OneImport => plain,
            Shape::NoAllocator => Parts { allocators: "", ..plain },
            Shape::OwnAllocator => Parts {
                allocators: "(export \"cabi_realloc_adapter\" (func $allocate))\n\
                             (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) unreachable)",
                ..plain
            },
            Shape::Heap => {
                Parts { allocators: "", before: "(call $grow)", behind: "(call $grow) (call $check)", ..plain }
            }
            Shape::Start => Parts {
                start: "(func $begin (global.set $observed (call $call (i32.const 0))))\n(start $begin)",
                ..plain
            },
            Shape::Twice => Parts {
                imported: imports.replace("(func $", "(func $other_"),
                inner: body.replace("(call $", "(call $other_"),
                ..plain
            },
            Shape::ImportedMemory => Parts { memory: "(import \"env\" \"memory\" (memory 16))", ..plain },
            Shape::TwoMemories => {
                Parts { memory: "(memory (export \"memory\") 16)\n(memory (export \"other\") 1)", ..plain }
            }
            Shape::FixedMemory => Parts { memory: "(memory (export \"memory\") 16 16)", ..plain },
            Shape::Unknown => Parts { imported: UNKNOWN.into(), ..plain },
        }
    }
}

/// Returns code that closes the file a call has opened, if the guest imports both functions.
fn close(functions: &[Function]) -> String {
    let number = |name| functions.iter().position(|function| function.name == name);
    match (number("path_open"), number("fd_close")) {
        (Some(open), Some(_)) => format!(
            "(if (i32.and (i32.eq (local.get $function) (i32.const {open})) (i32.eqz (local.get $errno)))
      (then (drop (call $fd_close (i32.load (i32.const {RESULTS}))))))"
        ),
        _ => String::new(),
    }
}
/// Returns the arguments of a call: valid ones that refer to existing files where possible.
fn arguments(function: &Function) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut results = RESULTS;
    let mut rooms = ROOMS;
    let mut word = |value: u32| arguments.push(format!("(i32.const {value})"));
    let mut long = Vec::new();
    let mut at = 0;
    for parameter in function.parameters {
        at += parameter.kind.core().len();
        match parameter.kind {
            Kind::Fd => word(descriptor(function.name)),
            Kind::Word(Domain::Clock) => word(1),
            Kind::Word(_) => word(0),
            Kind::Long(domain) => {
                long.push((at - 1, u64::from(domain == Domain::Length)));
                word(0);
            }
            Kind::Path => {
                word(PATH);
                word(1);
            }
            Kind::Read | Kind::Write => {
                word(IOVEC);
                word(1);
            }
            Kind::Buffer => {
                word(BUFFER);
                word(64);
            }
            Kind::Room => {
                word(rooms);
                rooms += 0x800;
            }
            Kind::Out(_) => {
                word(results);
                results += 64;
            }
            Kind::Subscriptions => word(SUBSCRIPTION),
            Kind::Events => word(EVENTS),
            Kind::Count => word(1),
        }
    }
    for (at, value) in long {
        arguments[at] = format!("(i64.const {value})");
    }
    arguments
}

/// Returns a standard stream for functions that read or write, and the preopened directory for all others.
fn descriptor(function: &str) -> u32 {
    match function {
        "fd_read" | "fd_pread" | "fd_seek" | "fd_tell" | "sock_recv" => 0,
        "fd_write" | "fd_pwrite" | "sock_send" => 1,
        _ => 3,
    }
}
