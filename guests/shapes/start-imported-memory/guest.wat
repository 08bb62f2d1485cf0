;; Imports its memory. Prints during instantiation, when other modules do not exist by default, and again when
;; it runs.
(module $start_imported_memory
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "env" "memory" (memory 1))

  (data (i32.const 0) "\20\00\00\00" "\09\00\00\00")
  (data (i32.const 32) "starting\nrunning\n")

  (func $start
    (if (call $random_get (i32.const 64) (i32.const 8)) (then unreachable))
    (call $print))
  (start $start)

  (func (export "run")
    (if (i64.eqz (i64.load (i32.const 64))) (then unreachable))
    (i64.store (i32.const 0) (i64.const 0x8_0000_0029))
    (call $print))

  (func $print
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))
)
