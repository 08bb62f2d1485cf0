(module
  (import "env" "memory" (memory 0))
  (global $__stack_pointer (mut i32) (i32.const 0))
  (func (export "write") (param i32 i32) (result i32)
    (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 16)))
    (i32.store (global.get $__stack_pointer) (local.get 0))
    (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (i32.const 16)))
    (local.get 1)))
