;; expected: limit on files (more than 1000000 bytes of files)
;; Many unlinked open files, each far below the limit.
(func (export "_start")
  (loop $again
    (call $write (call $f) (i32.const 65536))
    (call $ok (call $path_unlink_file (i32.const 3) (i32.const 32) (i32.const 1)))
    (br $again)))
