;; Asks for four random bytes, and reads into a buffer of eight.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\00\02\00\00\08\00\00\00") ;; 8 bytes at 512
  (func (export "run")
    (drop (call $random_get (i32.const 256) (i32.const 4)))
    (drop (call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 32))))
  ;; Its allocator counts in memory.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1)))
    (i32.const 2048)))
