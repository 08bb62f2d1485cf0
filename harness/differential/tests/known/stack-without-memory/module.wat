;;! world = "module"
(module
  (import "env" "f2" (func $import0 (param i32 i32) (result f32)))
)
