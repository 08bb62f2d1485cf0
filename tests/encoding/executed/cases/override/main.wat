(module $main
  (import "env" "f" (func $f (result i32)))
  (import "env" "g" (func $g (result i32)))
  (func (export "run") (result i32) (i32.add (i32.mul (call $f) (i32.const 100)) (call $g)))
)
