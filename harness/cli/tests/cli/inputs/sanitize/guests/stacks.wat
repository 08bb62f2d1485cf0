;; Has a stack pointer that others can move, and an allocator that does not give back its frame.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (memory (export "memory") 1)
  (global $__stack_pointer (export "__stack_pointer") (mut i32) (i32.const 1024))
  (func (export "run")
    (drop (call $random_get (i32.const 256) (i32.const 4)))
    (drop (call $sched_yield)))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 32)))
    (i32.const 2048)))
