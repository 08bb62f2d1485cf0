;; Computes for ever.
(module $loops
  (memory (export "memory") 1)
  (func $inner (loop $again (br $again)))
  (func (export "_start") (call $inner)))
