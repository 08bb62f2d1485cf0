;; Reads standard input, shows it on standard output, and trips over what it finds there.
(module $reads
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; A buffer of 16 bytes, and how many are in it.
  (data (i32.const 0) "\20\00\00\00\10\00\00\00")
  (func $show (param $count i32)
    (i32.store (i32.const 4) (local.get $count))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12))))
  (func $never (result i32) (call $show (i32.const 0)) (i32.const 1))
  (func $look (if (i32.eq (i32.load8_u (i32.const 32)) (i32.const 120)) (then unreachable)))
  (func (export "_start")
    (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 12))
      (then (drop (call $never))))
    (call $show (i32.load (i32.const 12)))
    (call $look)))
