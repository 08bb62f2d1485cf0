;; The start function calls one adapter through another one, and a function of the world that uses memory. It does not call `other`.
(module
  (import "outer" "write" (func $write (param i32 i32) (result i32)))
  (import "test:start/log" "print" (func $print (param i32 i32)))
  (import "test:start/log" "flush" (func $flush))
  (import "other" "idle" (func $idle))
  (memory (export "memory") 1)
  (func $start
    (drop (call $write (i32.const 0) (i32.const 4)))
    (call $print (i32.const 0) (i32.const 4))
    (call $flush))
  (start $start)
  (func (export "_start"))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "run") (call $idle))
)
