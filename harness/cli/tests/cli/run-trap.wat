;; A trap is reported with its backtrace, and ends with 134.
;;
;; FAIL[134]: run % --wit inputs/exit.wit
(module $trap
  (import "my-cli" "exit" (func $exit (param i32)))
  (func $inner unreachable)
  (func $outer (export "run") (call $inner)))
