(module
  (import "env" "memory" (memory 1))
  (global (mut i32) (i32.const 65536))
  (func (export "get")
    (global.set 0 (i32.sub (global.get 0) (i32.const 16)))
    (i32.store (global.get 0) (i32.const 0)))
)
