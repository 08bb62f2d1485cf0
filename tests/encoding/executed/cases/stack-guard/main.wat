(module $main
  (import "old" "dive" (func $dive (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (param i32) (result i32) (call $dive (local.get 0)))
)
