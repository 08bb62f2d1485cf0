;; All findings at once.
;;
;; FAIL: check %
;; FAIL: check % --wit inputs/my-wasi.wit
(module
  (import "my-wasi" "print" (func $print (param i32 i32) (result i32)))
  (import "my-wasi" "random-get" (func $random_get (param i32) (result i32)))
  (import "env" "memory" (memory 0))
  (global $counter (mut i32) (i32.const 0))
  (data (i32.const 1024) "this would overwrite main's own data\n")
  (table 4 funcref)
  (elem (i32.const 0) $start)
  (func $start (i32.store (i32.const 1024) (i32.const 0)))
  (start $start)
  (func (export "fd_write") (param i32 i32 i32 i32) (result i32)
    (drop (call $print (i32.const 1024) (i32.const 37)))
    (i32.const 0)))
