;; A minimal adapter, written by hand: only `random_get`.
;;
;; The host writes its list directly to main's buffer, because `cabi_realloc` returns that address.
(module $wasi_snapshot_preview1
  (import "my-wasi" "random-get" (func $my_random_get (param $size i32) (param $result i32)))
  (import "env" "memory" (memory 0))

  ;; The encoder recognizes the stack pointer by this name, and initializes it before the first call.
  (global $__stack_pointer (mut i32) (i32.const 0))

  ;; Address of main's buffer, and its length.
  (global $buffer (mut i32) (i32.const 0))
  (global $room (mut i32) (i32.const 0))

  (func $random_get (export "random_get") (param $start i32) (param $len i32) (result i32)
    (global.set $buffer (local.get $start))
    (global.set $room (local.get $len))

    ;; The result is a pointer and a length: 8 bytes of stack. Both are known already.
    (global.set $__stack_pointer (i32.sub (global.get $__stack_pointer) (i32.const 16)))
    (call $my_random_get (local.get $len) (global.get $__stack_pointer))
    (global.set $__stack_pointer (i32.add (global.get $__stack_pointer) (i32.const 16)))

    (global.set $room (i32.const 0))
    (i32.const 0)) ;; success

  (func $cabi_realloc (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $new_size i32) (result i32)
    ;; A list longer than requested would overflow main's buffer.
    (if (i32.gt_u (local.get $new_size) (global.get $room)) (then unreachable))
    (global.get $buffer))
)
