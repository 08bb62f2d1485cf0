(module
  (import "wasi_snapshot_preview1" "fd_fdstat_set_rights" (func $rights (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (if (i32.ne (call $rights (i32.const 100) (i64.const 0) (i64.const 0)) (i32.const 8)) (then (call $exit (i32.const 1))))
    (if (i32.eqz (call $rights (i32.const 1) (i64.const 0) (i64.const 0))) (then (call $exit (i32.const 1))))))
