;; Exports to call.
(module
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 1024))

  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))

  ;; The tuple (string, u32): a pointer, a length, a number.
  (func (export "swap") (param $a i32) (param $pointer i32) (param $length i32) (result i32)
    (i32.store offset=0 (i32.const 16) (local.get $pointer))
    (i32.store offset=4 (i32.const 16) (local.get $length))
    (i32.store offset=8 (i32.const 16) (local.get $a))
    (i32.const 16))

  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get $size)))))
