;; Imports one function of the adapter, which uses main's memory and a function of the host.
(module
  (import "old" "write" (func (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (drop (call 0 (i32.const 0) (i32.const 4))))
)
