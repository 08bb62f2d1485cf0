;; expected: returned
;; entries: 900
;; Deeply nested directories are listed and removed by their handles.
(func (export "_start")
  (local $directory i32) (local $next i32) (local $levels i32)
  (local.set $directory (i32.const 3))
  (loop $down
    (call $ok (call $path_create_directory (local.get $directory) (i32.const 32) (i32.const 1)))
    (local.set $next (call $open_directory (local.get $directory) (i32.const 32) (i32.const 1)))
    (if (i32.ne (local.get $directory) (i32.const 3))
      (then (call $ok (call $fd_close (local.get $directory)))))
    (local.set $directory (local.get $next))
    (local.set $levels (i32.add (local.get $levels) (i32.const 1)))
    (br_if $down (i32.lt_u (local.get $levels) (i32.const 900)))))
