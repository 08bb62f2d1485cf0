;; Writes two lines, each once more if that fails.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\04\00\00\00\20\00\00\00\04\00\00\00one\0a")
  (data (i32.const 32) "two\0a")

  (func $line (param $iovec i32)
    (if (call $fd_write (i32.const 1) (local.get $iovec) (i32.const 1) (i32.const 64))
      (then (drop (call $fd_write (i32.const 1) (local.get $iovec) (i32.const 1) (i32.const 64))))))

  (func (export "run")
    (call $line (i32.const 0))
    (call $line (i32.const 8)))
)
