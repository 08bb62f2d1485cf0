;; WIT from outside: a file or a folder that is one package, and a world of it.
;;
;; RUN: encode % --wit inputs/hello.wit
;; RUN: encode % --wit inputs/hello.wit#hello
;; RUN: encode % --wit inputs/hello.wit --world hello
;; RUN: encode % --wit inputs/two-worlds#runs
;; RUN: encode % --wit inputs/two-worlds --world runs
;; FAIL: encode % --wit inputs/two-worlds
;; FAIL: encode % --wit inputs/two-worlds#rums
;; FAIL: encode % --wit inputs/two-worlds --world nothing-like-it
;; FAIL: encode % --wit inputs/two-worlds#walks
;; FAIL: encode % --wit inputs/no-such.wit
;; FAIL: encode % --wit %
;; FAIL: encode %
(module
  (import "my-wasi" "print" (func $print (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run")))
