(module (import "old" "get" (func $g (result i32))) (func (export "go") (result i32) (call $g)))
