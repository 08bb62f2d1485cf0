;; Prints two lines with one call each.
(component
  (import "my-wasi" (instance $my-wasi (export "print" (func (param "data" (list u8)) (result u32)))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $print (canon lower (func $my-wasi "print") (memory (core memory $memory "memory"))))
  (core module $main
    (import "my-wasi" "print" (func $print (param i32 i32) (result i32)))
    (import "memory" "memory" (memory 1))
    (data (i32.const 16) "hello\nworld\n")
    (func (export "run")
      (drop (call $print (i32.const 16) (i32.const 6)))
      (drop (call $print (i32.const 22) (i32.const 6)))))
  (core instance $main (instantiate $main
    (with "my-wasi" (instance (export "print" (func $print))))
    (with "memory" (instance $memory))))
  (func (export "run") (canon lift (core func $main "run"))))
