(module (import "v:v/i@0.3.0" "get" (func $g (result i32))) (func (export "go") (result i32) (call $g)))
