;; module name: t:t/i0
;;! world = "adapt-1"
(module
  (import "t:t/i0" "f2" (func $import0))
  (func $f0 (export "f2")
    call $import0)
)
