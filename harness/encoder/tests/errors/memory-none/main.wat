(module
  (import "test:t/log" "print" (func $p (param i32 i32)))
  (import "test:t/log" "warn" (func $q (param i32 i32)))
  (import "old" "write" (func $w (param i32 i32) (result i32)))

  (func (export "_start") (call $p (i32.const 0) (i32.const 0)) (call $q (i32.const 0) (call $w (i32.const 0) (i32.const 0)))))
