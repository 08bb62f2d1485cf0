(module (import "old" "f" (func (result i32))) (memory (export "memory") 1))
