;; Asks main for memory in ways in which it must not.
(module $asks
  (import "__main_module__" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "env" "memory" (memory 0))
  ;; With an alignment that is none, and for more of a block that it never had.
  (func $random_get (export "random_get") (param $start i32) (param $len i32) (result i32)
    (drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 8)))
    (drop (call $realloc (i32.const 64) (i32.const 8) (i32.const 1) (i32.const 16)))
    (memory.fill (local.get $start) (i32.const 42) (i32.const 4))
    (i32.const 0))
  ;; For more of a block than it had, and for nothing in its place.
  (func $fd_read (export "fd_read")
    (param $fd i32) (param $buffers i32) (param $len i32) (param $read i32) (result i32)
    (local $block i32)
    (local.set $block (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (local.set $block (call $realloc (local.get $block) (i32.const 4) (i32.const 1) (i32.const 16)))
    (drop (call $realloc (local.get $block) (i32.const 16) (i32.const 1) (i32.const 0)))
    (i64.store (i32.load (local.get $buffers)) (i64.const -1))
    (i32.store (local.get $read) (i32.const 8))
    (i32.const 0))
  ;; While main gives it some.
  (func $sched_yield (export "sched_yield") (result i32)
    (drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.const 0))
)
