;; Prints a line straight through a WIT import.
(module
  (import "my-wasi" "print" (func $print (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello from a module\n")
  (func (export "run")
    (drop (call $print (i32.const 16) (i32.const 20)))))
