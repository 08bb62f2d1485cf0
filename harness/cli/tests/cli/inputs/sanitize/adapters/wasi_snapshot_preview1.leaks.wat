;; Keeps handles that it has to give back, and gives back what it has not.
(module
  (import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $get_directories (param i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.open-at"
    (func $open_at (param i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.read-via-stream"
    (func $read_via_stream (param i32 i64 i32)))
  (import "wasi:filesystem/types@0.2.0" "[resource-drop]descriptor" (func $drop_descriptor (param i32)))
  (import "wasi:io/streams@0.2.0" "[method]input-stream.subscribe" (func $subscribe (param i32) (result i32)))
  (import "wasi:io/streams@0.2.0" "[resource-drop]input-stream" (func $drop_stream (param i32)))
  (import "wasi:io/poll@0.2.0" "[resource-drop]pollable" (func $drop_pollable (param i32)))
  (import "wasi:cli/stdin@0.2.0" "get-stdin" (func $get_stdin (result i32)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $subscribe_duration (param i64) (result i32)))
  (import "__main_memory__" "store" (func $store (param $to i32) (param $from i32) (param $len i32)))

  (memory 1)
  (data (i32.const 32) "f")
  (data (i32.const 40) "\05\00\00\00")
  (global $opened (mut i32) (i32.const 0))
  (global $free (mut i32) (i32.const 1024))

  ;; Opens `f` in the first folder, with a stream. With flags it says that it could not, and leaves the descriptor.
  (func (export "path_open")
    (param $fd i32) (param i32 i32 i32) (param $flags i32) (param i64 i64 i32) (param $result i32) (result i32)
    (call $get_directories (i32.const 0))
    (call $open_at
      (i32.load (i32.load (i32.const 0)))
      (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 0) (i32.const 1)
      (i32.const 8))
    (if (local.get $flags) (then (return (i32.const 8))))
    (global.set $opened (i32.load (i32.const 12)))
    (call $read_via_stream (global.get $opened) (i64.const 0) (i32.const 16))
    (call $store (local.get $result) (i32.const 40) (i32.const 4))
    (i32.const 0))

  ;; Gives back the descriptor, and forgets the stream.
  (func (export "fd_close") (param i32) (result i32)
    (call $drop_descriptor (global.get $opened))
    (i32.const 0))

  ;; Forgets what it has waited for.
  (func (export "poll_oneoff") (param i32 i32 i32 i32) (result i32)
    (drop (call $subscribe_duration (i64.const 1)))
    (i32.const 0))

  ;; Gives back a handle twice.
  (func (export "sched_yield") (result i32)
    (local $pollable i32)
    (call $drop_pollable (local.tee $pollable (call $subscribe_duration (i64.const 1))))
    (call $drop_pollable (local.get $pollable))
    (i32.const 0))

  ;; Gives back a stream before what it has of it.
  (func (export "fd_sync") (param i32) (result i32)
    (local $stream i32)
    (drop (call $subscribe (local.tee $stream (call $get_stdin))))
    (call $drop_stream (local.get $stream))
    (i32.const 0))

  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (i32.const 64))))
)
