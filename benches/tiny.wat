;; A command of about 200 bytes that prints a line.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; One buffer: address and length.
  (data (i32.const 0) "\10\00\00\00" "\1f\00\00\00")
  (data (i32.const 16) "hello from a module of 200 bytes\n")

  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
)
