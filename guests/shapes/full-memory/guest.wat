;; Has no memory for an adapter: its memory cannot grow, and it has no allocator.
(module $full_memory
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "run")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8))))
)
