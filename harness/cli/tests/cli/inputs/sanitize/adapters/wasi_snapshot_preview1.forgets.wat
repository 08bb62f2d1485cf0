;; Says that it has read, and not how much.
(module
  (import "env" "memory" (memory 0))
  (func (export "random_get") (param $start i32) (param $len i32) (result i32)
    (memory.fill (local.get $start) (i32.const 42) (i32.const 4))
    (i32.const 0))
  (func (export "fd_read") (param $fd i32) (param $buffers i32) (param $len i32) (param $read i32) (result i32)
    (i32.const 0))
)
