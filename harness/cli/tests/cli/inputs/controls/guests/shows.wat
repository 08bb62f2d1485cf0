(module $shows
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) "\1b]0;title\07\c2\9b2J\e2\80\ae\08\0d\n")
  ;; The engine reports one of two offsets for a trap without code before it: the store is code.
  (func $"\1b[31mtrap\c2\9b" (i32.store (i32.const 8) (i32.const 0)) unreachable)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 32))
    (i32.store (i32.const 4) (i32.const 20))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $"\1b[31mtrap\c2\9b")))
