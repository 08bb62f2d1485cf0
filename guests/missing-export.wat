;; Wrong: its world has `run`, and this module has `rum`.
(module $missing_export
  (memory (export "memory") 1)
  (func (export "rum"))
)
