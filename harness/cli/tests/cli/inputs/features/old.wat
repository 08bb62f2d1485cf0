(module
  (import "g:p/rest@0.2.6" "sleep" (func $sleep))
  (func (export "nap") (call $sleep)))
