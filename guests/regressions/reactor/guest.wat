;; Prints, and reports if it was initialized.
(module $reactor
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00" "\05\00\00\00")
  (data (i32.const 16) "text\n")
  (global $begun (mut i32) (i32.const 0))
  (func (export "_initialize")
    (global.set $begun (i32.add (global.get $begun) (i32.const 1))))
  (func (export "answer") (result i32)
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (global.get $begun)))
