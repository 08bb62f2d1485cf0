;; The guest to which the adapter of the name `wasi_snapshot_preview1` gives random bytes.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "my-wasi" "print" (func $print (param i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; Prints four random bytes as letters.
  (func (export "run") (local $i i32)
    (drop (call $random_get (i32.const 16) (i32.const 4)))
    (loop $each
      (i32.store8 (i32.add (i32.const 16) (local.get $i))
        (i32.add (i32.const 97)
          (i32.rem_u (i32.load8_u (i32.add (i32.const 16) (local.get $i))) (i32.const 26))))
      (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
    (i32.store8 (i32.const 20) (i32.const 10))
    (drop (call $print (i32.const 16) (i32.const 5)))))
