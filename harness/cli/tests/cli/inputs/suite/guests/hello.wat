;; Prints a line.
(module
  (import "my-wasi" "print" (func $print (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello from a suite\n")
  (func (export "run")
    (drop (call $print (i32.const 16) (i32.const 19)))))
