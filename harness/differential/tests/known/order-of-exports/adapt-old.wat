;;! world = "adapt-2"
(module
  (func $f0 (export "run0"))
)
