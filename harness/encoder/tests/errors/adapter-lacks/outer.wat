(module
  (import "inner" "flush" (func $flush))
  (func (export "write") (call $flush))
)
