;; Exports an allocator, and counts its calls: an adapter's stack and static data must be allocated with it,
;; and not in new pages, unless the case specifies otherwise.
(module $realloc_main
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 16)
  (global $calls (mut i32) (i32.const 0))
  (global $free (mut i32) (i32.const 65536))

  (data (i32.const 0) "\10\00\00\00" "\06\00\00\00")
  (data (i32.const 16) "hello\n")

  (func (export "greet")
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))

  ;; Allocates from the first page on, and never frees.
  (func (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $new_size i32) (result i32)
    (local $start i32)
    (if (local.get $old) (then unreachable))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (local.set $start
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $start) (local.get $new_size)))
    ;; The caller must not assume zeroed memory.
    (memory.fill (local.get $start) (i32.const 0xa5) (local.get $new_size))
    (local.get $start))

  (func (export "realloc-calls") (result i32)
    (global.get $calls))

  (func (export "pages-grown") (result i32)
    (i32.sub (memory.size) (i32.const 16)))
)
