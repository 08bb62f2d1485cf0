;; Grows memory between calls, and assumes that the pages are contiguous, as the heaps of Go and of old C libraries do.
(module $grow_on
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00" "\04\00\00\00")
  (data (i32.const 16) "text")
  (global $next (mut i32) (i32.const 0))

  (func $grow
    (local $page i32)
    (local.set $page (memory.grow (i32.const 1)))
    (if (i32.ne (local.get $page) (global.get $next)) (then (call $proc_exit (i32.const 1))))
    (global.set $next (i32.add (local.get $page) (i32.const 1))))

  (func (export "_start")
    (global.set $next (memory.size))
    (call $grow)
    (drop (call $environ_sizes_get (i32.const 32) (i32.const 36)))
    (call $grow)
    (drop (call $random_get (i32.const 64) (i32.const 64)))
    (call $grow)
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $grow)))
