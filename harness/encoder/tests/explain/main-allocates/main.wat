;; Exports an allocator for adapters.
(module $main
  (import "old" "work" (func $work))
  (memory (export "memory") 1)
  (func (export "_initialize") call $work)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8))
