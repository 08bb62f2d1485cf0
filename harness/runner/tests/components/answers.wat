;; Calls its host for numbers: `run` three times; `sum` returns their sum.
(component
  (import "imports" (instance $imports
    (export "next" (func (result u32)))
    (export "tell" (func (param "text" string)))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $next (canon lower (func $imports "next")))
  (core func $tell (canon lower (func $imports "tell") (memory (core memory $memory "memory"))))
  (core module $main
    (import "imports" "next" (func $next (result i32)))
    (import "imports" "tell" (func $tell (param i32 i32)))
    (import "memory" "memory" (memory 1))
    (data (i32.const 16) "three numbers")
    (func $sum (export "sum") (result i32)
      (call $tell (i32.const 16) (i32.const 13))
      (i32.add (i32.add (call $next) (call $next)) (call $next)))
    (func (export "run") (drop (call $sum))))
  (core instance $main (instantiate $main
    (with "memory" (instance $memory))
    (with "imports" (instance (export "next" (func $next)) (export "tell" (func $tell))))))
  (func (export "run") (canon lift (core func $main "run")))
  (func (export "sum") (result u32) (canon lift (core func $main "sum"))))
