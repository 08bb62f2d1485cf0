;; Never ends.
(component
  (core module $guest
    (func $for-ever (loop $again (br $again)))
    (func (export "run") (call $for-ever)))
  (core instance $guest (instantiate $guest))
  (func (export "run") (canon lift (core func $guest "run"))))
