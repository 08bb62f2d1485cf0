(module
  (import "old" "write" (func $w (param i32 i32) (result i32)))
  (memory (export "memory") 65536 (pagesize 1))
  (func (export "_start") (drop (call $w (i32.const 0) (i32.const 1)))))
