;; Exports a realloc, and returns the stack pointer of an adapter.
(module $main
  (import "old" "stack" (func $stack (result i32)))
  (memory (export "memory") 4)
  (global $next (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $next))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func (export "stack") (result i32) (call $stack)))
