;; No adapter: a resource with a destructor, an initialization function, and results with main's own realloc.
(module
  (import "[export]test:slots/store" "[resource-new]entry" (func (param i32) (result i32)))
  (import "test:slots/names" "all" (func (param i32)))
  (memory (export "memory") 1)
  (func (export "test:slots/store#[dtor]entry") (param i32))
  (func (export "test:slots/store#[constructor]entry") (param i32 i32) (result i32) (call 0 (i32.const 1)))
  (func (export "test:slots/store#[method]entry.name") (param i32) (result i32) (i32.const 0))
  (func (export "cabi_post_test:slots/store#[method]entry.name") (param i32))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
  (func (export "_initialize"))
)
