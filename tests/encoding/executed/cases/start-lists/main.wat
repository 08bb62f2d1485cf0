(module $main
  (import "old" "read" (func $read (result i32)))
  (memory (export "memory") 1)
  (global $first (mut i32) (i32.const -1))
  (func $start (global.set $first (call $read)))
  (start $start)
  (func (export "run") (result i32) (i32.add (i32.mul (global.get $first) (i32.const 100)) (call $read)))
)
