(module
  (import "my-wasi" "prind" (func (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run")))
