;; Owns all memory after its first page, as Go and old C libraries do: its pages must be contiguous,
;; and no other module may write there.
(module $growing_heap
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; First page of the heap, and the page after its last. Zero before the first allocation.
  (global $first (mut i32) (i32.const 0))
  (global $next (mut i32) (i32.const 0))
  (global $contiguous (mut i32) (i32.const 1))

  (data (i32.const 0) "\10\00\00\00" "\06\00\00\00")
  (data (i32.const 16) "grown\n")

  (func (export "grow-and-check") (param $pages i32) (result i32)
    (local $page i32)
    (local.set $page (memory.grow (local.get $pages)))
    (if (i32.eq (local.get $page) (i32.const -1)) (then (return (i32.const 0))))
    (if (i32.eqz (global.get $first))
      (then (global.set $first (local.get $page)))
      (else
        (if (i32.ne (local.get $page) (global.get $next)) (then (global.set $contiguous (i32.const 0))))))
    (global.set $next (i32.add (local.get $page) (local.get $pages)))
    (memory.fill
      (i32.shl (local.get $page) (i32.const 16))
      (i32.const 0xa5)
      (i32.shl (local.get $pages) (i32.const 16)))

    (if (call $environ_sizes_get (i32.const 32) (i32.const 36)) (then (return (i32.const 0))))
    (if (call $random_get (i32.const 64) (i32.const 64)) (then (return (i32.const 0))))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then (return (i32.const 0))))

    (call $untouched))

  ;; Returns true if every byte of the heap still has its fill value.
  (func $untouched (result i32)
    (local $at i32)
    (local.set $at (i32.shl (global.get $first) (i32.const 16)))
    (loop $again
      (if (i64.ne (i64.load (local.get $at)) (i64.const 0xa5a5a5a5a5a5a5a5)) (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $again (i32.lt_u (local.get $at) (i32.shl (global.get $next) (i32.const 16)))))
    (i32.const 1))

  (func (export "contiguous") (result i32)
    (global.get $contiguous))
)
