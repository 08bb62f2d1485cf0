;; Invalid: its world exports `run`, and this module exports `rum`.
(module $missing_export
  (memory (export "memory") 1)
  (func (export "rum"))
)
