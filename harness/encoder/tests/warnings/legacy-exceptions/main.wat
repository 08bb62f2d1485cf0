(module (tag $e (param i32)) (func (export "go") (result i32) try (result i32) i32.const 5 throw $e catch $e end))
