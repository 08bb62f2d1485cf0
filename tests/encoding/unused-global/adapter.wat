;; Returns its stack pointer. The first global is unused.
(module $old
  (import "env" "memory" (memory 0))
  (global $unused (mut i32) (i32.const 0))
  (global $__stack_pointer (mut i32) (i32.const 0))
  (global $allocation_state (mut i32) (i32.const 0))
  (global $other (mut i32) (i32.const 0))
  (func (export "stack") (result i32)
    (drop (global.get $allocation_state))
    (drop (global.get $other))
    (global.get $__stack_pointer)))
