;; module name: legacy:host/calls@0.2.0
;;! world = "adapt-1"
(module
  (global $plain0 (;0;) (mut i64) (i64.const 0))
  (global $__stack_pointer (;1;) (mut i32) (i32.const 0))
  (global $allocation_state (;2;) (mut i32) (i32.const 0))
  (func $f0 (param i32 i32 i32 i32) (result i32) (local i32)
    global.get $__stack_pointer global.set $__stack_pointer
    local.get 4)
  (func $f1 (export "f0") (param i32 i32 i32 i32) (result i32) (local i32)
    i32.const 0 i32.const 8 i32.const 0 i32.const 1 call $f0 drop
    global.get $allocation_state global.set $allocation_state
    local.get 4)
)
