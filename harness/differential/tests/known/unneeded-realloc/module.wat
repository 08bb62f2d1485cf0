;;! world = "module"
(module
  (import "t:t/i0" "f1" (func $import0 (param i32)))
)
