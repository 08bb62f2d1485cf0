;; expected: limit on files (more than 1000 files, directories and links)
;; Symbolic links count like files.
(func (export "_start")
  (local $number i32)
  (call $ok (call $fd_close (call $f)))
  (loop $again
    (call $count (local.get $number))
    (call $ok (call $path_symlink (i32.const 32) (i32.const 1) (i32.const 3) (i32.const 16) (i32.const 8)))
    (local.set $number (i32.add (local.get $number) (i32.const 1)))
    (br $again)))
