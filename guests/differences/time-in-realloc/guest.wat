;; Reads the clock in its realloc, and prints the result.
(module $time_in_realloc
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (memory (export "memory") 8)
  (data (i32.const 0) "\10\00\00\00" "\1a\00\00\00")
  (data (i32.const 16) "clock_time_get in realloc ?\n")

  ;; Initially `-`: realloc was not called.
  (global $answer (mut i32) (i32.const 45))

  ;; Memory from the third page on, never freed.
  (global $next (mut i32) (i32.const 131072))
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (if (i32.eq (global.get $answer) (i32.const 45)) (then (call $ask)))
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (local.get $at))

  ;; `e`: error; `0`: the time is zero; `1`: the time is not zero.
  (func $ask
    (global.set $answer (i32.const 101))
    (i64.store (i32.const 64) (i64.const 7))
    (if (i32.eqz (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 64)))
      (then (global.set $answer (i32.add (i32.const 48) (i64.ne (i64.load (i32.const 64)) (i64.const 0)))))))

  (func (export "_start")
    ;; Makes the adapter allocate memory before the result is printed.
    (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 72)))
    (i32.store8 (i32.const 42) (global.get $answer))
    (i32.store (i32.const 4) (i32.const 28))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
