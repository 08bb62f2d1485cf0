;; Reads the environment in the first call of its realloc, as constructors of a libc do.
(module $realloc_environ
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 8)

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

  (global $calls (mut i32) (i32.const 0))
  (global $observed (mut i32) (i32.const -1))
  ;; Initial value; results differ from it.
  (data (i32.const 0) "\4d\00\00\00" "\4d\00\00\00")
  (func (export "cabi_realloc") (param $old i32) (param $length i32) (param $align i32) (param $size i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.eq (global.get $calls) (i32.const 1))
      (then (global.set $observed (call $environ_sizes_get (i32.const 0) (i32.const 4)))))
    (call $bump (local.get $align) (local.get $size)))

  (func $must (param $true i32) (param $code i32)
    (if (i32.eqz (local.get $true)) (then (call $proc_exit (local.get $code)))))

  (func (export "_start")
    (call $must (i32.eqz (call $random_get (i32.const 16) (i32.const 8))) (i32.const 2))
    (call $must (i32.ge_u (global.get $calls) (i32.const 1)) (i32.const 3))
    (call $must (i32.eqz (global.get $observed)) (i32.const 4))
    (call $must (i32.eqz (i32.load (i32.const 0))) (i32.const 5))))
