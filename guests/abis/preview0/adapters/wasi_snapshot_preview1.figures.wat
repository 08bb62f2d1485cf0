;; Test fixture for the adapters before it in the chain: functions return their arguments, or fixed values.
(module $figures
  (import "env" "memory" (memory 0))

  ;; The position is 1000 * `whence` + the offset.
  (func (export "fd_seek") (param $fd i32) (param $offset i64) (param $whence i32) (param $position i32) (result i32)
    (i64.store (local.get $position)
      (i64.add (i64.mul (i64.extend_i32_u (local.get $whence)) (i64.const 1000)) (local.get $offset)))
    (i32.const 0))

  (func (export "fd_filestat_get") (param $fd i32) (param $stat i32) (result i32)
    (call $fill (i32.const 7) (local.get $stat))
    (i32.const 0))

  ;; More links than fit into 32 bits.
  (func (export "path_filestat_get")
    (param $fd i32) (param $flags i32) (param $path i32) (param $len i32) (param $stat i32) (result i32)
    (call $fill (i32.const -1) (local.get $stat))
    (i64.store offset=24 (local.get $stat) (i64.const 0x100000000))
    (i32.const 0))

  (func $fill (param $links i32) (param $at i32)
    (i64.store offset=0 (local.get $at) (i64.const 11))   ;; device
    (i64.store offset=8 (local.get $at) (i64.const 22))   ;; inode
    (i32.store8 offset=16 (local.get $at) (i32.const 4))  ;; a regular file
    (i64.store offset=24 (local.get $at) (i64.extend_i32_u (local.get $links)))
    (i64.store offset=32 (local.get $at) (i64.const 33))  ;; size
    (i64.store offset=40 (local.get $at) (i64.const 44))  ;; times
    (i64.store offset=48 (local.get $at) (i64.const 55))
    (i64.store offset=56 (local.get $at) (i64.const 66)))

  ;; Each event returns values of its subscription: the clock or descriptor as error, the timeout as bytes, and the flags.
  (func (export "poll_oneoff")
    (param $in i32) (param $out i32) (param $len i32) (param $count i32) (result i32)
    (local $n i32)
    (block $done
      (loop $each
        (br_if $done (i32.ge_u (local.get $n) (local.get $len)))
        (i64.store offset=0 (local.get $out) (i64.load offset=0 (local.get $in)))
        (i32.store16 offset=8 (local.get $out) (i32.load offset=16 (local.get $in)))
        (i32.store8 offset=10 (local.get $out) (i32.load8_u offset=8 (local.get $in)))
        (i64.store offset=16 (local.get $out) (i64.load offset=24 (local.get $in)))
        (i32.store16 offset=24 (local.get $out) (i32.load16_u offset=40 (local.get $in)))
        (local.set $in (i32.add (local.get $in) (i32.const 48)))
        (local.set $out (i32.add (local.get $out) (i32.const 32)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $each)))
    (i32.store (local.get $count) (local.get $len))
    (i32.const 0))
)
