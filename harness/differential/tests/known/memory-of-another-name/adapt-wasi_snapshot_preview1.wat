;;! world = "adapt-1"
(module
  (import "__main_module__" "memory" (memory 1))
  (func $f0 (export "f1") (param i32 i32 i32) (result i32) (local i32)
    i32.const 0 i32.const 0 i32.load i32.store
    local.get 3)
)
