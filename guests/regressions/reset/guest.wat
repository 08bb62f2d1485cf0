;; Prints, resets the adapter, as for a memory snapshot, and prints again.
(module $reset
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "reset_adapter_state" (func $reset_adapter_state))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00" "\05\00\00\00")
  (data (i32.const 16) "text\n")
  (func $print (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start") (call $print) (call $reset_adapter_state) (call $print)))
