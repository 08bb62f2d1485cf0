(module
  (import "env" "memory" (memory 0))
  (func (export "write") (param i32 i32) (result i32) (i32.load (local.get 0)))
  (func (export "read") (param i32 i32) (result i32) (i32.load8_u (local.get 1))))
