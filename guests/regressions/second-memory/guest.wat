;; Has a second memory that is not exported as `memory`.
(module $second_memory
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory $other 1)
  (memory $main (export "memory") 1)
  (data (memory $main) (i32.const 0) "\10\00\00\00" "\05\00\00\00")
  (data (memory $main) (i32.const 16) "text\n")
  (data (memory $other) (i32.const 0) "\10\00\00\00" "\05\00\00\00" "nothing")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
