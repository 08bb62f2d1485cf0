;; expected: limit on files (more than 1000000 bytes of files)
;; A file at a path that exceeds the system's maximum length.
(func (export "_start")
  (local $directory i32) (local $next i32) (local $levels i32) (local $file i32)
  (memory.fill (i32.const 1024) (i32.const 100) (i32.const 200))
  (local.set $directory (i32.const 3))
  (loop $down
    (call $ok (call $path_create_directory (local.get $directory) (i32.const 1024) (i32.const 200)))
    (local.set $next (call $open_directory (local.get $directory) (i32.const 1024) (i32.const 200)))
    (if (i32.ne (local.get $directory) (i32.const 3))
      (then (call $ok (call $fd_close (local.get $directory)))))
    (local.set $directory (local.get $next))
    (local.set $levels (i32.add (local.get $levels) (i32.const 1)))
    (br_if $down (i32.lt_u (local.get $levels) (i32.const 40))))
  (local.set $file (call $open (local.get $directory) (i32.const 32) (i32.const 1) (i32.const 1)))
  (loop $again
    (call $write (local.get $file) (i32.const 65536))
    (br $again)))
