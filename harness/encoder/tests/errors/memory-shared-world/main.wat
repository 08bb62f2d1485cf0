(module
  (memory (export "memory") 1 4 shared)
  (func (export "size") (param i32 i32) (result i32) (local.get 1))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
