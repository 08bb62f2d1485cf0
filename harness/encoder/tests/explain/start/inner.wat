(module
  (import "test:start/log" "lines" (func $lines (param i32)))
  (import "env" "memory" (memory 1))
  (func (export "write") (param i32 i32) (result i32) (call $lines (local.get 0)) (i32.const 0))
  (func (export "cabi_import_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "_initialize"))
)
