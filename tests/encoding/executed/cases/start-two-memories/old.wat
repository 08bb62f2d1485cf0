;; Prints its number of calls, from a frame on its stack.
(module $old
  (import "test:start/log" "print" (func $print (param i32 i32)))
  (import "env" "memory" (memory 1))
  (global $__stack_pointer (mut i32) (i32.const 65536))
  (global $count (mut i32) (i32.const 0))
  (func (export "write") (param i32 i32) (result i32) (local $frame i32)
    (global.set $__stack_pointer (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 16))))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store (local.get $frame) (global.get $count))
    (call $print (local.get 0) (local.get 1))
    (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 16)))
    (i32.load (local.get $frame)))
)
