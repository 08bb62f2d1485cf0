;;! world = "module"
(module
  (import "env" "memory" (memory 1))
  (import "wasi_snapshot_preview1" "f1" (func $import1 (param i32 i32 i32) (result i32)))
)
