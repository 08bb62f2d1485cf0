;;! world = "module"
(module
  (import "old" "f2" (func $import0))
)
