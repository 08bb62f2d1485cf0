(module
  (import "pong" "pong" (func $pong))
  (func $start (call $pong))
  (start $start)
  (func (export "ping") (call $pong))
)
