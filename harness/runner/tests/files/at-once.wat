;; expected: limit on files (more than 1000000 bytes of files)
;; A single write of more bytes than the limit.
(func (export "_start")
  (call $write (call $f) (i32.const 2000000)))
