;; Two imports without an adapter; both are reported.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (import "env" "abort" (func (param i32)))
  (memory (export "memory") 1)
)
