(module
  (import "a:one/x" "f" (func $f))
  (import "b:two/y" "g" (func $g))
  (func (export "go") (call $f) (call $g))
  (@custom "component-type:w" ""))
