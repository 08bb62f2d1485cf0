//! The guest: it makes one call, and out of its allocator another one.

use crate::hunt::{Calls, Domain, Function, Kind, calls, guest_world};

/// What the component looks like from outside. Functions are numbers of the table of them; `at` is the allocation during which
/// `inner` is called, counted from 1.
const WIT: &str = "
package polyfill:entry;
world guest {
    /// How many allocations there were, and the errnos of both calls: 32, 16 and 16 bits.
    export enter: func(outer: u32, inner: u32, at: u32) -> u64;
}";

/// The errno of a call that was not made, or has not returned.
pub(super) const NONE: u16 = 0xffff;

/// Where things are in the guest's memory.
const PATH: u32 = 0x100;
const IOVEC: u32 = 0x110;
const SUBSCRIPTION: u32 = 0x140;
const RESULTS: u32 = 0x200;
const BUFFER: u32 = 0x1000;
const ROOMS: u32 = 0x2000;
const EVENTS: u32 = 0x4000;
/// Where the allocator begins.
const HEAP: u32 = 0x1_0000;

/// Its world.
pub(super) fn wit() -> Result<polyfill_encoder::Wit, String> {
    guest_world(WIT)
}

/// Its core module.
pub(super) fn text() -> String {
    let Calls { imports, body } = calls(arguments);
    format!(
        r#"(module $entry
{imports}(memory (export "memory") 16)
(global $allocations (mut i32) (i32.const 0))
(global $at (mut i32) (i32.const 0))
(global $inner (mut i32) (i32.const 0))
(global $seen (mut i32) (i32.const {NONE}))
(global $top (mut i32) (i32.const {HEAP}))
(data (i32.const {PATH}) "f")
(data (i32.const {IOVEC}) "\00\10\00\00\10\00\00\00")
(data (i32.const {clock}) "\01")
(func $call (param $function i32) (result i32)
  {body})
(func (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
  (local $place i32)
  (global.set $allocations (i32.add (global.get $allocations) (i32.const 1)))
  (if (i32.eq (global.get $allocations) (global.get $at))
    (then (global.set $seen (call $call (global.get $inner)))))
  (local.set $place
    (i32.and
      (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
  (global.set $top (i32.add (local.get $place) (local.get $new)))
  (memory.copy (local.get $place) (local.get $old) (local.get $size))
  (local.get $place))
(func (export "_start"))
(func (export "enter") (param $outer i32) (param $inner i32) (param $at i32) (result i64)
  (local $errno i32)
  (global.set $inner (local.get $inner))
  (global.set $at (local.get $at))
  (local.set $errno (call $call (local.get $outer)))
  (i64.or
    (i64.shl (i64.extend_i32_u (global.get $allocations)) (i64.const 32))
    (i64.or
      (i64.shl (i64.extend_i32_u (global.get $seen)) (i64.const 16))
      (i64.extend_i32_u (i32.and (local.get $errno) (i32.const 0xffff)))))))
"#,
        clock = SUBSCRIPTION + 16,
    )
}

/// What a function is called with: something plain that exists, where there is such a thing.
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

/// Standard streams for those who read and write, the preopened folder for all others.
fn descriptor(function: &str) -> u32 {
    match function {
        "fd_read" | "fd_pread" | "fd_seek" | "fd_tell" | "sock_recv" => 0,
        "fd_write" | "fd_pwrite" | "sock_send" => 1,
        _ => 3,
    }
}
