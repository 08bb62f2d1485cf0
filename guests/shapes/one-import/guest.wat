;; Imports one function of preview1.
(module $one_import
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; One buffer: start address and length.
  (data (i32.const 0) "\10\00\00\00" "\0b\00\00\00")
  (data (i32.const 16) "one import\n")

  (func (export "run")
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (then unreachable)))
)
