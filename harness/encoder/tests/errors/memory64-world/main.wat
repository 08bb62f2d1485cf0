(module
  (memory (export "memory") i64 1)
  (func (export "size") (param i64 i64) (result i32) (i32.wrap_i64 (local.get 1)))
  (func (export "cabi_realloc") (param i64 i64 i64 i64) (result i64) (i64.const 64)))
