;; Invalid: `fd_write` has four parameters, and `run` has none.
(module $wrong_signature
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (param i32))
)
