;; Has a second memory that is shared.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (memory $shared 1 1 shared)
  (func (export "_start")
    (drop (i32.atomic.rmw.add $shared (i32.const 0) (i32.const 1)))))
