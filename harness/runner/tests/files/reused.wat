;; expected: returned
;; entries: 1
;; Writes several times the limit, one file after another; the remaining file is within the limit.
(func (export "_start")
  (local $file i32) (local $number i32)
  (loop $again
    (local.set $file (call $f))
    (call $write (local.get $file) (i32.const 900000))
    (call $ok (call $fd_pwrite (local.get $file) (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 8)))
    (call $ok (call $fd_close (local.get $file)))
    (call $ok (call $path_unlink_file (i32.const 3) (i32.const 32) (i32.const 1)))
    (local.set $number (i32.add (local.get $number) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $number) (i32.const 5))))
  (call $write (call $f) (i32.const 1000000)))
