;; Main and the adapter were written against two drafts of one version: a record's fields in another order, another payload.
(module
  (import "old" "kind" (func $k (result i32)))
  (import "p:io/stat@0.2.0" "get" (func $get (param i32)))
  (memory (export "memory") 1)
)
