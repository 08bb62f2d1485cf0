;; Asks its host for a number.
(module
  (import "imports" "ask" (func $ask (result i32)))
  (func (export "run") (drop (call $ask)))
  (func (export "twice") (result i32) (i32.mul (call $ask) (i32.const 2))))
