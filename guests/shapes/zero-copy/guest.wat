;; Requests random bytes, and checks their location and all other writes to memory.
(module $zero_copy
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 16)
  (global $size (mut i32) (i32.const 0))
  (global $calls (mut i32) (i32.const 0))
  (global $free (mut i32) (i32.const 131072))

  ;; The first bytes of memory belong to this guest, like all other bytes.
  (data (i32.const 0) "these are mine, and stay as they are")

  ;; The buffer begins at 1024 and ends below 65536. The 16 bytes on either side must remain 0x5a.
  (func (export "fill") (param $size i32) (result i32)
    (if (i32.gt_u (local.get $size) (i32.const 60000)) (then unreachable))
    (global.set $size (local.get $size))
    (memory.fill (i32.const 1008) (i32.const 0x5a) (i32.add (local.get $size) (i32.const 32)))
    (memory.fill (i32.const 1024) (i32.const 0) (local.get $size))
    (call $random_get (i32.const 1024) (local.get $size)))

  (func (export "filled") (result i32)
    (local $i i32)
    (loop $again
      (if (i32.lt_u (local.get $i) (global.get $size))
        (then
          (if (i32.load8_u offset=1024 (local.get $i)) (then (return (i32.const 1))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $again))))
    (i32.const 0))

  (func (export "intact") (result i32)
    (local $end i32)
    (local.set $end (i32.add (i32.const 1024) (global.get $size)))
    (i32.and
      (i32.and
        (i64.eq (i64.load (i32.const 0)) (i64.const 0x7261206573656874)) ;; "these ar"
        (i64.eq (i64.load (i32.const 8)) (i64.const 0x202c656e696d2065))) ;; "e mine,"
      (i32.and
        (i32.and
          (i64.eq (i64.load (i32.const 1008)) (i64.const 0x5a5a5a5a5a5a5a5a))
          (i64.eq (i64.load (i32.const 1016)) (i64.const 0x5a5a5a5a5a5a5a5a)))
        (i32.and
          (i64.eq (i64.load (local.get $end)) (i64.const 0x5a5a5a5a5a5a5a5a))
          (i64.eq (i64.load offset=8 (local.get $end)) (i64.const 0x5a5a5a5a5a5a5a5a))))))

  (func (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $new_size i32) (result i32)
    (local $start i32)
    (if (local.get $old) (then unreachable))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (local.set $start
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $start) (local.get $new_size)))
    (local.get $start))

  (func (export "realloc-calls") (result i32)
    (global.get $calls))
)
