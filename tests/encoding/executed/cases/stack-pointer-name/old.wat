;; Allocates a frame of 64 bytes per level.
(module $old
  (import "env" "memory" (memory 1))
  (global $__stack_pointer (mut i32) (i32.const 65536))
  (func $dive (export "dive") (param i32) (result i32) (local $frame i32) (local $result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (global.set $__stack_pointer (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 64))))
    (i32.store (local.get $frame) (local.get 0))
    (local.set $result (call $dive (i32.sub (local.get 0) (i32.const 1))))
    (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 64)))
    (i32.add (i32.load (local.get $frame)) (local.get $result)))
)
