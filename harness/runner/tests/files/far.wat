;; expected: limit on files (more than 1000000 bytes of files)
;; A byte far beyond the end of a file.
(func (export "_start")
  (call $buffer (i32.const 1))
  (call $ok (call $fd_pwrite (call $f) (i32.const 0) (i32.const 1) (i64.const 0x100000000) (i32.const 8))))
