;;! world = "module"
(module
  (import "wasi_snapshot_preview1" "f2" (func $import0 (param i32 i32) (result f32)))
  (func $f0 (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local i32)
    local.get 4)
)
