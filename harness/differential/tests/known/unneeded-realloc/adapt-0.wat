;; module name: t:t/i0
;;! world = "adapt-2"
(module
  (import "$root" "root1" (func $import0))
  (func $f0 (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local i32)
    call $import0 i32.const 256 local.set 4
    local.get 4)
  (func $f1 (export "f1") (param i32))
)
