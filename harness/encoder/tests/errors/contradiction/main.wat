;; Main and the adapter are compiled against two drafts of one version: other field order, other payload.
(module
  (import "old" "kind" (func $k (result i32)))
  (import "p:io/stat@0.2.0" "get" (func $get (param i32)))
  (memory (export "memory") 1)
)
