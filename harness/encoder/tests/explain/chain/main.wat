;; Asks for one of the adapter's functions, which asks for main's memory and for one of the host's.
(module
  (import "old" "write" (func (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (drop (call 0 (i32.const 0) (i32.const 4))))
)
