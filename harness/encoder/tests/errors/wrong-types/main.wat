;; An import, an adapter's function, and an export, each of another type than it must have.
(module
  (import "test:t/log" "print" (func (param i64)))
  (import "old" "get" (func (param i32) (result i32)))
  (func (export "run") (param i32) (result i32) unreachable)
  (func (export "_initialize") (param i32))
)
