;; Imports one function, which uses only random bytes of the host.
(module $one_function
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (if (call $random_get (i32.const 0) (i32.const 8)) (then unreachable))))
