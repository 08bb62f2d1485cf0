(module (type $s (struct (field i32))) (func $makes (drop (struct.new $s (i32.const 1)))) (func (export "f") (call $makes)))
