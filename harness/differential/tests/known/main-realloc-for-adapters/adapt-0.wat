;; module name: legacy:host/calls@0.2.0
;;! world = "adapt-1"
(module
  (func $f0 (export "run0") (param i32 i32))
)
