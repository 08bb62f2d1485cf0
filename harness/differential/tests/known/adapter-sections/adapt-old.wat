;;! world = "adapt-1"
(module
  (func $f0 (export "f2"))
  (func $f1)
  (start $f1)
)
