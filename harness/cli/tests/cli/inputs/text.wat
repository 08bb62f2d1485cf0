(module
  (import "a:b/log" "say" (func $say (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "go") (call $say (i32.const 16) (i32.const 2))))
