;; Calls each function; the second `get` fails.
(module
  (import "acme" "get" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "acme" "stat" (func $stat (param i32 i32 i32) (result i32)))
  (import "acme" "put" (func $put (param i32 i32 i32 i32 i32) (result i32)))
  (import "acme" "now" (func $now (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "colour")
  (data (i32.const 16) "red, green")
  ;; Two parts: "red" and "green".
  (data (i32.const 32) "\10\00\00\00\03\00\00\00\15\00\00\00\05\00\00\00")
  (func (export "go")
    (drop (call $now))
    (drop (call $put (i32.const 0) (i32.const 6) (i32.const 32) (i32.const 2) (i32.const 5)))
    (drop (call $get (i32.const 0) (i32.const 6) (i32.const 64) (i32.const 16) (i32.const 96)))
    (drop (call $get (i32.const 0) (i32.const 1) (i32.const 64) (i32.const 16) (i32.const 96)))
    (drop (call $stat (i32.const 0) (i32.const 6) (i32.const 112)))))
