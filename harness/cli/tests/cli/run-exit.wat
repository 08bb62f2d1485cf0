;; The guest's exit code is that of the command.
;;
;; FAIL[33]: run % --wit inputs/exit.wit
(module
  (import "my-cli" "exit" (func $exit (param i32)))
  (func (export "run") (call $exit (i32.const 33)) unreachable))
