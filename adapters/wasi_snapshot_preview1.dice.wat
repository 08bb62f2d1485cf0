;; An adapter in front of another: maps random bytes of the next adapter to dice. Other functions resolve to the next adapter.
(module $dice
  (import "wasi_snapshot_preview1" "random_get" (func $next (param i32 i32) (result i32)))
  (import "env" "memory" (memory 0))

  (func $random_get (export "random_get") (param $start i32) (param $len i32) (result i32)
    (local $errno i32) (local $at i32)
    (local.set $errno (call $next (local.get $start) (local.get $len)))
    (if (local.get $errno) (then (return (local.get $errno))))
    (block $done
      (loop $each
        (br_if $done (i32.ge_u (local.get $at) (local.get $len)))
        (call $throw (i32.add (local.get $start) (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $each)))
    (i32.const 0))

  (func $throw (param $at i32)
    (i32.store8 (local.get $at)
      (i32.add (i32.rem_u (i32.load8_u (local.get $at)) (i32.const 6)) (i32.const 1))))
)
