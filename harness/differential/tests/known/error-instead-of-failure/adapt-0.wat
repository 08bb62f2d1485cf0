;; module name: legacy:host/calls@0.2.0
;;! world = "adapt-1"
(module
  (import "__main_module__" "_start" (func $import0))
  (func $f0 (export "f0") (param i32 f32 i32) (result i32 i32) (local i32 i32)
    call $import0
    local.get 3
    local.get 4)
)
