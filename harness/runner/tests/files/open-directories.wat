;; expected: limit on handles (more than 100 handles of host resources)
;; Open directories are the process's, too.
(func (export "_start")
  (call $ok (call $path_create_directory (i32.const 3) (i32.const 32) (i32.const 1)))
  (loop $again
    (drop (call $open_directory (i32.const 3) (i32.const 32) (i32.const 1)))
    (br $again)))
