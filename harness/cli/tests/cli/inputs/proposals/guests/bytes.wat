;; Has a second memory with pages of one byte.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (memory $bytes 3 5 (pagesize 1))
  (data (i32.const 0) "\10\00\00\00" "\08\00\00\00")
  (data (i32.const 16) "5 bytes\n")
  (func (export "_start")
    (drop (memory.grow $bytes (i32.const 2)))
    (if (i32.ne (memory.size $bytes) (i32.const 5)) (then unreachable))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
