;; Exports a counter resource; `dropped` returns the number of dropped counters.
(component
  (core module $dtor
    (global $dropped (mut i32) (i32.const 0))
    (func (export "dtor") (param i32) (global.set $dropped (i32.add (global.get $dropped) (i32.const 1))))
    (func (export "dropped") (result i32) (global.get $dropped)))
  (core instance $dtor (instantiate $dtor))
  (type $counter' (resource (rep i32) (dtor (core func $dtor "dtor"))))
  (core func $new (canon resource.new $counter'))
  (core module $guest
    (import "counter" "new" (func $new (param i32) (result i32)))
    (func (export "new") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  (core instance $guest (instantiate $guest (with "counter" (instance (export "new" (func $new))))))
  (func $new' (param "start" u32) (result (own $counter')) (canon lift (core func $guest "new")))
  (func $add' (param "self" (borrow $counter')) (param "n" u32) (result u32) (canon lift (core func $guest "add")))
  (func $dropped (result u32) (canon lift (core func $dtor "dropped")))
  (component $interface
    (import "counter" (type $counter (sub resource)))
    (import "new" (func $new (param "start" u32) (result (own $counter))))
    (import "add" (func $add (param "self" (borrow $counter)) (param "n" u32) (result u32)))
    (export $exported "counter" (type $counter))
    (export "[constructor]counter" (func $new) (func (param "start" u32) (result (own $exported))))
    (export "[method]counter.add" (func $add)
      (func (param "self" (borrow $exported)) (param "n" u32) (result u32))))
  (instance $counters (instantiate $interface
    (with "counter" (type $counter'))
    (with "new" (func $new'))
    (with "add" (func $add'))))
  (export "polyfill:test/counters@0.1.0" (instance $counters))
  (func (export "dropped") (result u32) (canon lift (core func $dtor "dropped"))))
