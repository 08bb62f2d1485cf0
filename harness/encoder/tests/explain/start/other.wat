(module
  (func (export "idle"))
)
