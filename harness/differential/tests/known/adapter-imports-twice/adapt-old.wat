;;! world = "adapt-1"
(module
  (import "t:t/i0" "[static]res1.s" (func $import0))
  (import "t:t/i0" "[static]res1.s" (func $import1))
  (func $f0 (export "t:t/i0#[static]res1.s"))
)
