;; module name: env
;;! world = "adapt-3"
(module
  (func $f0 (export "f0"))
)
