;;! world = "module"
(module
  (import "wasi_snapshot_preview1" "f2" (func $import0))
)
