;; Wrong: `fd_write` takes four numbers, and `run` none.
(module $wrong_signature
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (param i32))
)
