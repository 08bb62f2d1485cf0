;; `random_get` that writes nothing.
(module (func (export "random_get") (param i32 i32) (result i32) (i32.const 0)))
