;;! world = "xxx"
(module
  (import "cm32p2x" "name" (func $import0))
)
