;; Returns what is in its memory where an adapter's stack would be if it were not moved.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 2)
  (func (export "go") (result i32) (drop (call $yield)) (i32.load (i32.const 4080)))
)
