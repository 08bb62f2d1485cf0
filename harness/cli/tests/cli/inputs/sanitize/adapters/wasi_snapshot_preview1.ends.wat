;; Writes where it may not, in calls that never return: a byte before it traps, and one before it exits.
(module
  (import "my-cli" "exit" (func $exit (param i32)))
  (import "env" "memory" (memory 0))
  (func $random_get (export "random_get") (param $start i32) (param $len i32) (result i32)
    ;; What it gives out may be there in part.
    (i32.store16 (local.get $start) (i32.const -1))
    (i32.store8 offset=4 (local.get $start) (i32.const 1))
    unreachable)
  (func $proc_exit (export "proc_exit") (param $code i32)
    (i32.store8 (i32.const 300) (i32.const 2))
    (call $exit (local.get $code)))
)
