;; Prints in its start function and later. One byte of its first page changes.
(module $main
  (import "old" "write" (func $write (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "hello")
  (global $first (mut i32) (i32.const -1))
  (func $start (global.set $first (call $write (i32.const 8) (i32.const 5))))
  (start $start)
  (func (export "run") (result i32) (local $at i32) (local $sum i32)
    (if (i32.ne (global.get $first) (i32.const 1)) (then unreachable))
    (drop (call $write (i32.const 9) (i32.const 3)))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 65536))))
    (local.get $sum))
)
