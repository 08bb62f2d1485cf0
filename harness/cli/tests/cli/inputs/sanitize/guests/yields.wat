;; Calls its adapter while that asks it for memory.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (memory (export "memory") 1)
  (global $runs (mut i32) (i32.const 0))
  (func (export "run")
    (drop (call $sched_yield)))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (if (i32.eqz (global.get $runs)) (then
      (global.set $runs (i32.const 1))
      (drop (call $sched_yield))))
    (i32.const 2048)))
