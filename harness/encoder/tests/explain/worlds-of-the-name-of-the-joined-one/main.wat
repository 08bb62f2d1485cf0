(module (import "a:a/x" "f" (func $f (result i32))) (import "old" "h" (func $h (result i32)))
  (func (export "go") (result i32) (i32.add (call $f) (call $h))))
