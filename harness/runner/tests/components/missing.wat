;; Imports functions that no host defines.
(component
  (import "imports" (instance $imports
    (export "my-fancy-host-function" (func))
    (export "names" (func (param "prefix" (option string)) (result (list (tuple u8 string)))))))
  (import "polyfill:test/counters@1.0.0" (instance $counters
    (export "counter" (type $counter (sub resource)))
    (export "[constructor]counter" (func (param "start" u32) (result (own $counter))))))
  (import "my-cli" (instance $my-cli (export "exit" (func (param "code" u32)))))
  (import "log" (func (param "text" string)))
  (core module $guest (func (export "run")))
  (core instance $guest (instantiate $guest))
  (func (export "run") (canon lift (core func $guest "run"))))
