;; expected: limit on files (more than 1000000 bytes of files)
;; An unlinked file keeps its bytes while it is open.
(func (export "_start")
  (local $file i32)
  (local.set $file (call $f))
  (call $ok (call $path_unlink_file (i32.const 3) (i32.const 32) (i32.const 1)))
  (loop $again
    (call $write (local.get $file) (i32.const 65536))
    (br $again)))
