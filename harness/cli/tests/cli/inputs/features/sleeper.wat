(module
  (import "old" "nap" (func $nap))
  (func (export "g:p/base@0.2.6#run") (result i32) (call $nap) (i32.const 7)))
