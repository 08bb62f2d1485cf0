(module (import "acme" "f" (func $f (result i32))) (memory (export "memory") 1) (func (export "go") (result i32) call $f))
