(module
  (import "new" "write" (func $n (param i32 i32) (result i32)))
  (import "old" "write" (func $w (param i32 i32) (result i32)))
  (memory (export "memory") 2 3)
  (func (export "_start") (drop (call $w (i32.const 0) (call $n (i32.const 0) (i32.const 1))))))
