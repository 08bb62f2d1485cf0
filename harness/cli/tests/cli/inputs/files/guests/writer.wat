;; Writes to a file without a name, for ever.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "\00\00\01\00" "\00\00\01\00" "f")
  (func (export "_start")
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 1)
          (i64.const 64) (i64.const 64) (i32.const 0) (i32.const 16))
      (then unreachable))
    (if (call $unlink (i32.const 3) (i32.const 8) (i32.const 1)) (then unreachable))
    (loop $again
      (if (call $write (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 20)) (then unreachable))
      (br $again))))
