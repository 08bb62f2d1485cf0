(module $traps
  (import "my-wasi" "print" (func $print (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "before\n")
  (func $inner (drop (call $print (i32.const 16) (i32.const 7))) unreachable)
  (func $outer (export "run") (call $inner)))
