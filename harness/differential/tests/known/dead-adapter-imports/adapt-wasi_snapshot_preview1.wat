;;! world = "adapt-2"
(module
  (import "env" "unknown" (global $import0 i32))
  (func $f0 (export "f2"))
)
