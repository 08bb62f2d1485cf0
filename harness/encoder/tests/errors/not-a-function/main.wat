;; What a component cannot give.
(module
  (import "env" "table" (table 1 funcref))
  (import "env" "errno" (global i32))
  (import "env" "heap" (memory 1))
)
