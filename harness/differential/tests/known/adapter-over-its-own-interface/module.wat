;;! world = "module"
(module
  (import "t:t/i0" "f2" (func $import0))
)
