(module $main
  (import "ping" "ping" (func $ping (param i32) (result i32)))
  (func (export "run") (param i32) (result i32) (call $ping (local.get 0)))
)
