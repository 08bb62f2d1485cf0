;; Main's world has a newer version with fewer functions than the adapter's world. The merged world has all of them.
(module
  (import "old" "go" (func $go))
  (import "p:io/stat@0.2.6" "get" (func $get (result i32)))
  (memory (export "memory") 1)
)
