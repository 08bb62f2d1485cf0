(module
  (import "old" "kind" (func $k (result i32)))
  (import "p:io/stat@0.2.0" "get" (func $get (param i32)))
  (memory (export "memory") 1)
)
