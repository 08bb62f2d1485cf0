;;! world = "adapt-1"
(module
  (global $__stack_pointer (;0;) (mut i32) (i32.const 0))
  (global $allocation_state (;1;) (mut i32) (i32.const 0))
  (func $f0 (export "cm32p2_realloc") (param i32 i32 i32 i32) (result i32) (local i32)
    global.get $allocation_state global.set $allocation_state
    local.get 4)
  (func $f1 (export "f2") (param i32 i32) (result f32) (local f32)
    global.get $__stack_pointer global.set $__stack_pointer
    local.get 2)
)
