(module
  (import "old" "write" (func $w (param i64 i64) (result i32)))
  (import "old" "read" (func $r (param i64 i32) (result i32)))
  (import "old" "raed" (func (param i64 i32) (result i32)))
  (memory (export "memory") i64 1)
  (func (export "_start") (drop (call $w (i64.const 0) (i64.const 1))) (drop (call $r (i64.const 0) (i32.const 1)))))
