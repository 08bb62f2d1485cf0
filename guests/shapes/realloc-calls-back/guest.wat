;; Its allocator writes to standard output and requests random bytes: it calls the adapter while it allocates memory for the
;; adapter, like allocators that run constructors or seed themselves.
(module $realloc_calls_back
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 16)
  (global $calls (mut i32) (i32.const 0))
  (global $free (mut i32) (i32.const 65536))

  (data (i32.const 0) "\10\00\00\00" "\06\00\00\00")
  (data (i32.const 16) "hello\n")
  (data (i32.const 32) "\30\00\00\00" "\0b\00\00\00")
  (data (i32.const 48) "allocating\n")

  (func (export "greet")
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))

  (func (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $new_size i32) (result i32)
    (local $start i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (call $fd_write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 40)) (then unreachable))
    (if (call $random_get (i32.const 64) (i32.const 8)) (then unreachable))
    (local.set $start
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $start) (local.get $new_size)))
    (local.get $start))

  (func (export "realloc-calls") (result i32)
    (global.get $calls))

  (func (export "pages-grown") (result i32)
    (i32.sub (memory.size) (i32.const 16)))
)
