(module
  (import "a:one/x" "f" (func $f))
  (import "b:two/y" "g" (func $g))
  (func (export "go") (call $f) (call $g))
  (@custom "component-type:w" "\00\61\73\6d\01\00\00\00"))
