;; Exits with code 33.
(component
  (import "my-cli" (instance $my-cli (export "exit" (func (param "code" u32)))))
  (core func $exit (canon lower (func $my-cli "exit")))
  (core module $guest
    (import "my-cli" "exit" (func $exit (param i32)))
    (func $run (export "run") (call $exit (i32.const 33)) unreachable))
  (core instance $guest (instantiate $guest (with "my-cli" (instance (export "exit" (func $exit))))))
  (func (export "run") (canon lift (core func $guest "run"))))
