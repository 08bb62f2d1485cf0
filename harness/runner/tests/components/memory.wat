;; Grows its memory by three pages, then by far too many.
(component
  (core module $guest
    (memory 2)
    (func (export "run")
      (drop (memory.grow (i32.const 3)))
      (if (i32.ne (memory.grow (i32.const 60000)) (i32.const -1)) (then unreachable))))
  (core instance $guest (instantiate $guest))
  (func (export "run") (canon lift (core func $guest "run"))))
