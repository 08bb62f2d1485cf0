;; An adapter that breaks rules, for a case that shows the error.
;;
;; It has data and no relocations, so its addresses cannot be distinguished from other numbers.
(module $wasi_snapshot_preview1
  (import "my-wasi" "print" (func $print (param i32 i32) (result i32)))
  (import "env" "memory" (memory 0))

  (data (i32.const 1024) "this would overwrite main's own data\n")

  (func $fd_write (export "fd_write") (param i32 i32 i32) (param $written i32) (result i32)
    (i32.store (local.get $written) (call $print (i32.const 1024) (i32.const 37)))
    (i32.const 0))
)
