(module
  (import "data" "get" (func))
  (import "stripped" "get" (func))
  (import "dynamic" "get" (func))
  (import "globals" "get" (func))
  (import "realloc" "get" (func))
  (import "wide" "get" (func))
  (memory (export "memory") 1)
)
