;; Changes the input of `put`.
(module
  (import "env" "memory" (memory 0))
  (func (export "now") (result i64) (i64.const -1))
  (func (export "put") (param $key i32) (param $key_len i32) (param $parts i32) (param $count i32) (param $mode i32) (result i32)
    (i32.store8 (local.get $key) (i32.const 67)) (i32.const 0))
  (func (export "get") (param $key i32) (param $key_len i32) (param $buf i32) (param $room i32) (param $length i32) (result i32)
    (if (i32.ne (local.get $key_len) (i32.const 6))
      (then (return (i32.const 1))))
    (i32.store (local.get $buf) (i32.const 0x646572))
    (i32.store (local.get $length) (i32.const 4))
    (i32.const 0))
  (func (export "stat") (param $key i32) (param $key_len i32) (param $stat i32) (result i32)
    (i32.store8 (local.get $stat) (i32.const 1)) (i64.store offset=8 (local.get $stat) (i64.const 4)) (i32.const 0)))
