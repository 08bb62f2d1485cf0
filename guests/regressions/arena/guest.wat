;; Allocates memory that it frees at the next call; memory of adapters is not freed.
(module $arena
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 8)
  (data (i32.const 0) "\10\00\00\00" "\05\00\00\00")
  (data (i32.const 16) "text\n")

  ;; Memory from the third page on, never freed.
  (global $next (mut i32) (i32.const 262144))
  (func $bump (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (local.get $at))

  (global $arena (mut i32) (i32.const 65536))
  (export "cabi_realloc_adapter" (func $keep))
  (func $keep (param i32 i32 i32 i32) (result i32)
    (call $bump (local.get 2) (local.get 3)))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $arena))
    (global.set $arena (i32.and (i32.add (i32.add (local.get $at) (local.get 3)) (i32.const 15)) (i32.const -16)))
    (local.get $at))

  (func $print
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "begin") (call $print))
  (func (export "take") (param $at i32) (param $length i32) (result i32)
    ;; All memory of the arena is free again, and reused.
    (memory.fill (i32.const 65536) (i32.const 0xa5) (i32.const 196608))
    (global.set $arena (i32.const 65536))
    (call $print)
    (local.get $length)))
