;;! world = "module"
(module
  (import "legacy:host/calls@0.2.0" "f0" (func $import0 (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $f0 (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local i32)
    local.get 4)
)
