;; Traps three functions deep.
(component
  (core module $guest
    (type $thunk (func))
    (table 1 funcref)
    (elem (i32.const 0) $inner)
    (func $inner unreachable)
    (func $_ZN5guest6middle17h0123456789abcdefE (call_indirect (type $thunk) (i32.const 0)))
    (func $outer (export "run") (call $_ZN5guest6middle17h0123456789abcdefE)))
  (core instance $guest (instantiate $guest))
  (func (export "run") (canon lift (core func $guest "run"))))
