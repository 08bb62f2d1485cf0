(module (type $f (func)) (type $c (cont $f)) (elem declare func $g) (func $g) (func (export "f") (resume $c (cont.new $c (ref.func $g)))))
