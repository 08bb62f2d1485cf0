(module
  (import "$root" "help" (func $help (result i32)))
  (func (export "g:p/base@0.2.6#run") (result i32) (call $help))
  (func (export "g:p/base@0.2.6#glow") (result i32) (i32.const 8)))
