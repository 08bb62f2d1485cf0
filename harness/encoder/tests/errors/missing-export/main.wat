(module (func (export "test:t/api#add-al") (param i32 i32) (result i32) unreachable))
