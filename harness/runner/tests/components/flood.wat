;; Prints without end.
(component
  (import "my-wasi" (instance $my-wasi (export "print" (func (param "data" (list u8)) (result u32)))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $print (canon lower (func $my-wasi "print") (memory (core memory $memory "memory"))))
  (core module $main
    (import "my-wasi" "print" (func $print (param i32 i32) (result i32)))
    (func (export "run") (loop $again (drop (call $print (i32.const 0) (i32.const 1024))) (br $again))))
  (core instance $main (instantiate $main (with "my-wasi" (instance (export "print" (func $print))))))
  (func (export "run") (canon lift (core func $main "run"))))
