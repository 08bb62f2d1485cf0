(module
  (import "test:t/log" "read" (func (param i32)))
  (memory (export "memory") 1)
)
