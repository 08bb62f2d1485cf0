;; Imports that a component cannot provide.
(module
  (import "env" "table" (table 1 funcref))
  (import "env" "errno" (global i32))
  (import "env" "heap" (memory 1))
)
