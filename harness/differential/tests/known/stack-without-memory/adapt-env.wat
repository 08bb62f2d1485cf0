;;! world = "adapt-1"
(module
  (global $__stack_pointer (;0;) (mut i32) (i32.const 0))
  (func $f0 (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local i32)
    i32.const 0 i64.const 1 i32.const 0 i32.const 1 call $f1
    local.get 4)
  (func $f1 (param i32 i64 i32 i32)
    global.get $__stack_pointer global.set $__stack_pointer)
  (func $f2 (export "f2") (param i32 i32) (result f32) (local f32)
    local.get 2)
)
