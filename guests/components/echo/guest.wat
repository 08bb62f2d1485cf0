;; Reads standard input once, prints the bytes, and returns their number.
(module $echo
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; Buffer of 64 bytes, and its content.
  (data (i32.const 0) "\40\00\00\00" "\40\00\00\00")
  (data (i32.const 8) "\40\00\00\00" "\00\00\00\00")
  (func (export "echo") (result i32)
    (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 12)) (then unreachable))
    (if (i32.load (i32.const 12))
      (then (if (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)) (then unreachable))))
    (i32.load (i32.const 12))))
