;; Throws an exception that nothing catches.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (tag $thrown)
  (func (export "_start")
    (throw $thrown)))
