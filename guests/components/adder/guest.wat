;; Imports nothing and has no memory: there is nothing to adapt.
(module $adder
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
)
