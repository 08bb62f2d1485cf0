(module
  (import "ping" "ping" (func $ping))
  (func $start (call $ping))
  (start $start)
  (func (export "pong") (call $ping))
)
