;; Prints in its start function and later. Its data must not move when the memory grows in between.
(module $main
  (import "old" "write" (func $write (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (memory $other 1)
  (data (i32.const 8) "hello")
  (global $first (mut i32) (i32.const -1))
  (func $start (global.set $first (call $write (i32.const 8) (i32.const 5))))
  (start $start)
  (func (export "run") (result i32)
    (if (i32.ne (i32.load8_u (i32.const 8)) (i32.const 0x68)) (then unreachable))
    (i32.add
      (i32.mul (global.get $first) (i32.const 100))
      (call $write (i32.const 9) (i32.const 3))))
)
