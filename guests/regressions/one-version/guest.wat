;; Prints, reads and lists preopened directories, like a libc.
(module $one_version
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00" "\05\00\00\00")
  (data (i32.const 16) "text\n")
  (func (export "_start")
    (drop (call $fd_prestat_get (i32.const 3) (i32.const 32)))
    (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 32)))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
