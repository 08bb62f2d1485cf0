;; Fills its memory with ones, which must not change.
(module $main
  (import "old" "what" (func $what (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_initialize") (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)))
  (func (export "run") (param i32) (result i32) (local $at i32) (local $sum i32) (local $result i32)
    (local.set $result (call $what (local.get 0)))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 65536))))
    (if (i32.ne (local.get $sum) (i32.const 65536)) (then unreachable))
    (local.get $result))
)
