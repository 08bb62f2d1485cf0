;; Takes a frame and does not give it back; and one that is larger than the stack.
(module $leans
  (import "env" "memory" (memory 0))
  (global $__stack_pointer (mut i32) (i32.const 0))
  (func $random_get (export "random_get") (param $start i32) (param $len i32) (result i32)
    (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 16)))
    (i32.const 0))
  (func $proc_exit (export "proc_exit") (param $code i32)
    (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 65552)))
    unreachable)
)
