;;! world = "module"
(module
  (import "t:t/i0" "[resource-drop]res0" (func $import0 (param i32)))
)
