(module (import "new" "f" (func)) (func (export "go") (call 0)))
