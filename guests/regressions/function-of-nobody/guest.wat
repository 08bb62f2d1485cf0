;; Imports a function that preview1 does not have.
(module $function_of_nobody
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_getaddrinfo" (func $sock_getaddrinfo (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $sock_getaddrinfo (i32.const 0) (i32.const 0)))))
