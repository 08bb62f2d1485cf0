;;! world = "module"
(module
  (import "wasi_snapshot_preview1" "f0" (func $import0 (result i32)))
)
