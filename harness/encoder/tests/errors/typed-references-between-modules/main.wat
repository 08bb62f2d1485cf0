(module
  (type $t (func (result i32)))
  (import "old" "f" (func $f (param (ref $t)) (result i32)))
  (elem declare func $x)
  (func $x (type $t) (i32.const 1))
  (func (export "go") (result i32) (call $f (ref.func $x))))
