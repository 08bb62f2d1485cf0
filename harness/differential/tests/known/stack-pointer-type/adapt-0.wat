;; module name: t:t/i0
;;! world = "adapt-1"
(module
  (global $__stack_pointer (;0;) (mut i64) (i64.const 0))
  (func $f0 (export "f1") (result i32) (local i32)
    global.get $__stack_pointer global.set $__stack_pointer
    local.get 0)
)
