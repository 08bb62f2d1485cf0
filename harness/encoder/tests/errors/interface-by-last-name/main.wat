(module
  (import "env" "print" (func $print (param i32)))
  (import "my:app/env" "print" (func (param i32)))
  (import "env" "help" (func))
  (import "other" "help" (func))
  (import "spare" "f" (func))
  (import "nowhere" "f" (func))
  (func (export "go") (result i32) (i32.const 42)))
