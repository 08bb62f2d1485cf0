;;! world = "x3"
(module
  (func $f0 (export "cabi_export_realloc") (param f32 i32) (result i32) (local i32)
    local.get 2)
  (func $f1 (export "__wasm_task_hook") (param i32))
)
