;; Allocates frames of 8 bytes, unlike any compiler.
(module
  (import "env" "memory" (memory 1))
  (global (mut i32) (i32.const 65536))
  (func (export "dive") (param i32) (result i32) (local i32) (local i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (global.set 0 (local.tee 1 (i32.sub (global.get 0) (i32.const 8))))
    (i32.store (local.get 1) (local.get 0))
    (local.set 2 (call 0 (i32.sub (local.get 0) (i32.const 1))))
    (global.set 0 (i32.add (local.get 1) (i32.const 8)))
    (i32.add (i32.load (local.get 1)) (local.get 2)))
)
