;; module name: wasi_snapshot_preview1
;;! world = "adapt-2"
(module
  (import "env" "f0" (func $import0))
  (func $f0 (export "f0") (result i32) (local i32)
    call $import0 i32.const 256 local.set 0
    local.get 0)
)
