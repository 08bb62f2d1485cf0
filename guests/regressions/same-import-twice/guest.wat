;; Imports the same function twice.
(module $same_import_twice
  (import "wasi_snapshot_preview1" "fd_write" (func $one (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $two (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00" "\05\00\00\00")
  (data (i32.const 16) "text\n")
  (func (export "_start")
    (drop (call $one (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $two (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
