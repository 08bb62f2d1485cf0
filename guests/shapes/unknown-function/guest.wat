;; Invalid: imports two functions that preview1 does not have, and one from a module that no adapter implements.
(module $unknown_function
  (import "wasi_snapshot_preview1" "fd_teleport" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_wirte" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "env" "abort" (func (param i32)))
  (memory (export "memory") 1)
  (func (export "run")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8))))
)
