;; `fd_write` of one buffer to standard output, for any descriptor.
(module $wasi_snapshot_preview1
  (import "wasi:cli/stdout@0.2.6" "get-stdout" (func $get_stdout (result i32)))
  (import "wasi:io/streams@0.2.6" "[method]output-stream.blocking-write-and-flush"
    (func $write (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.6" "[resource-drop]output-stream" (func $drop_stream (param i32)))
  (import "wasi:io/error@0.2.6" "[resource-drop]error" (func $drop_error (param i32)))
  (import "env" "memory" (memory 0))
  (global $__stack_pointer (mut i32) (i32.const 0))
  (global $gone (mut i32) (i32.const 0))

  (func (export "fd_write") (param $fd i32) (param $iovecs i32) (param $count i32) (param $written i32) (result i32)
    (local $stream i32) (local $result i32) (local $error i32) (local $errno i32)
    (if (global.get $gone) (then (return (i32.const 8)))) ;; badf
    (local.set $result (i32.sub (global.get $__stack_pointer) (i32.const 16)))
    (local.set $stream (call $get_stdout))
    (call $write
      (local.get $stream) (i32.load (local.get $iovecs)) (i32.load offset=4 (local.get $iovecs)) (local.get $result))
    (if (i32.load8_u (local.get $result))
      (then
        (local.set $errno (i32.const 29)) ;; io
        (if (i32.eqz (i32.load8_u offset=4 (local.get $result)))
          (then
            (local.set $error (i32.load offset=8 (local.get $result)))
            ;; error handling
          ))))
    (call $drop_stream (local.get $stream))
    (if (i32.eqz (local.get $errno))
      (then (i32.store (local.get $written) (i32.load offset=4 (local.get $iovecs)))))
    (local.get $errno))
)
