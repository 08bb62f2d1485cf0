;; expected: limit on files (more than 1000000 bytes of files)
;; More in one call than all files may come to.
(func (export "_start")
  (call $write (call $f) (i32.const 2000000)))
