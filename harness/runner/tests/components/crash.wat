;; Prints two lines and an error message, and traps two functions deep. Its failing case shows a report with all parts.
(component
  (import "my-wasi" (instance $my-wasi (export "print" (func (param "data" (list u8)) (result u32)))))
  (import "my-cli" (instance $my-cli (export "print-error" (func (param "data" (list u8)) (result u32)))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $print (canon lower (func $my-wasi "print") (memory (core memory $memory "memory"))))
  (core func $print-error (canon lower (func $my-cli "print-error") (memory (core memory $memory "memory"))))
  (core module $crash
    (import "my-wasi" "print" (func $print (param i32 i32) (result i32)))
    (import "my-cli" "print-error" (func $print-error (param i32 i32) (result i32)))
    (import "memory" "memory" (memory 1))
    (data (i32.const 16) "one\nthree\nabout to divide\n")
    (func $divide (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
    (func $work
      (drop (call $print (i32.const 16) (i32.const 4)))
      (drop (call $print (i32.const 20) (i32.const 6)))
      (drop (call $print-error (i32.const 26) (i32.const 16)))
      (drop (call $divide (i32.const 1) (i32.const 0))))
    (func $run (export "run") (call $work)))
  (core instance $crash (instantiate $crash
    (with "my-wasi" (instance (export "print" (func $print))))
    (with "my-cli" (instance (export "print-error" (func $print-error))))
    (with "memory" (instance $memory))))
  (func (export "run") (canon lift (core func $crash "run"))))
