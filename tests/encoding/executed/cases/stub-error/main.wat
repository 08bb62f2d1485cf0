;; Returns the case of the result, then the count.
(module $main
  (import "test:stub/store" "get" (func $get (param i32 i32 i32)))
  (import "test:stub/store" "count" (func $count (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (param i32) (result i32)
    (if (local.get 0) (then (return (call $count))))
    (i32.store8 (i32.const 8) (i32.const 9))
    (call $get (i32.const 0) (i32.const 0) (i32.const 8))
    (i32.load8_u (i32.const 8)))
)
