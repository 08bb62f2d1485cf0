(module
  (import "env" "memory" (memory 1 4 shared))
  (import "old" "write" (func $w (param i32 i32) (result i32)))
  (import "old" "read" (func $r (param i32 i32) (result i32)))
  (import "wasi" "thread-spawn" (func $s (param i32) (result i32)))
  (func (export "wasi_thread_start") (param i32 i32))
  (func (export "_start") (drop (call $s (call $w (i32.const 0) (call $r (i32.const 1) (i32.const 2)))))))
