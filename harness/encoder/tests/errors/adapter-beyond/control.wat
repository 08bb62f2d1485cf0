(module (import "env" "memory" (memory 0)) (func (export "f") (memory.discard (i32.const 0) (i32.const 65536))))
