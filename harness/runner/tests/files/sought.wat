;; expected: limit on files (more than 1000000 bytes of files)
;; A byte written after a seek far beyond the end of a file.
(func (export "_start")
  (local $file i32)
  (local.set $file (call $f))
  (call $ok (call $fd_seek (local.get $file) (i64.const 0x100000000) (i32.const 0) (i32.const 8)))
  (call $write (local.get $file) (i32.const 1)))
