;;! world = "module"
(module
  (import "legacy:host/calls@0.2.0" "f0" (func $import0 (param i32 f32 i32) (result i32 i32)))
)
