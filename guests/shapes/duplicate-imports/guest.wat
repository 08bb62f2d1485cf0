;; Imports the same function twice, and calls both imports.
(module $duplicate_imports
  (import "wasi_snapshot_preview1" "fd_write" (func $first (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $second (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  (data (i32.const 0) "\10\00\00\00" "\06\00\00\00")
  (data (i32.const 16) "twice\n")

  (func (export "run")
    (if (call $first (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
    (if (call $second (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))
)
