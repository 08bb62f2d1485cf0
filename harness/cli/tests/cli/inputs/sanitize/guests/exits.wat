;; Ends itself in one way or the other, or not at all.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "exit")
    ;; Its own changes are its own.
    (i32.store (i32.const 400) (i32.const -1))
    (call $proc_exit (i32.const 3)))
  (func (export "trap")
    (drop (call $random_get (i32.const 256) (i32.const 4))))
  (func (export "nothing")))
