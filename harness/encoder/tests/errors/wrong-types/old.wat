(module (func (export "get") (result i32) unreachable))
