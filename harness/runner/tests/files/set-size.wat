;; expected: limit on files (more than 1000000 bytes of files)
;; A file that is extended without a write.
(func (export "_start")
  (call $ok (call $fd_filestat_set_size (call $f) (i64.const 0x100000000))))
