(module (tag (export "oops") (param i32)) (func (export "f")))
