;;! world = "module"
(module
  (memory (export "memory") 1)
  (func $f0 (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local i32)
    local.get 4)
)
