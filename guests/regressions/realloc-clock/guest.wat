;; Reads the clock in each call of its realloc, as garbage collectors do, with the clock frozen.
(module $realloc_clock
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "adapter_monotonic_clock_set_paused" (func $adapter_monotonic_clock_set_paused (param i32)))
  (memory (export "memory") 8)
  (data (i32.const 0) "\10\00\00\00" "\05\00\00\00")
  (data (i32.const 16) "text\n")

  ;; Memory from the third page on, never freed.
  (global $next (mut i32) (i32.const 131072))
  (func $bump (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (local.get $at))

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 64)))
    (call $bump (local.get 2) (local.get 3)))

  ;; From here on, the adapter's memory is allocated.
  (func (export "begin")
    (call $adapter_monotonic_clock_set_paused (i32.const 1))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "take") (param $at i32) (param $length i32) (result i32)
    (local.get $length)))
