;; Fills all existing memory at startup, as garbage collectors do, and checks later that it is unchanged.
(module $own_memory
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "\10\00\00\00" "\04\00\00\00")
  (data (i32.const 16) "text")
  (global $end (mut i32) (i32.const 0))

  (func (export "_start")
    (local $at i32)
    (global.set $end (i32.shl (memory.size) (i32.const 16)))
    (memory.fill (i32.const 65536) (i32.const 0xa5) (i32.sub (global.get $end) (i32.const 65536)))
    (drop (call $environ_sizes_get (i32.const 32) (i32.const 36)))
    (drop (call $random_get (i32.const 64) (i32.const 64)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (local.set $at (i32.const 65536))
    (loop $again
      (if (i64.ne (i64.load (local.get $at)) (i64.const 0xa5a5a5a5a5a5a5a5)) (then (call $proc_exit (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $again (i32.lt_u (local.get $at) (global.get $end))))))
