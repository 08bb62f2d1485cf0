;; An import, a function of an adapter, and an export, each with the wrong type.
(module
  (import "test:t/log" "print" (func (param i64)))
  (import "old" "get" (func (param i32) (result i32)))
  (func (export "run") (param i32) (result i32) unreachable)
  (func (export "_initialize") (param i32))
)
