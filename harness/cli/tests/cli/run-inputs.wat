;; Arguments, environment and standard input: nothing is there but what the command line gives.
;;
;; RUN: run %
;; RUN: run % --env B=2 --env A=1 --env B=3 -- one --two 'three four'
;; RUN: HOME=/nowhere run % --stdin % < %
;; RUN: run % --stdin - < inputs/line.txt
;; RUN: run % --stdin inputs/line.txt
;; FAIL: run % --stdin no-such-file.txt
(component
  (import "my-wasi" (instance $wasi
    (export "print" (func (param "data" (list u8)) (result u32)))))
  (import "my-cli" (instance $cli
    (export "args" (func (result (list string))))
    (export "env" (func (result (list (tuple string string)))))
    (export "read" (func (param "size" u32) (result (list u8))))))

  (core module $libc
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
      (result i32)
      (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.get $free)
      (global.set $free (i32.add (global.get $free) (local.get $size)))))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "cabi_realloc" (core func $realloc))
  (core func $print (canon lower (func $wasi "print") (memory $memory)))
  (core func $args (canon lower (func $cli "args") (memory $memory) (realloc $realloc)))
  (core func $env (canon lower (func $cli "env") (memory $memory) (realloc $realloc)))
  (core func $read (canon lower (func $cli "read") (memory $memory) (realloc $realloc)))

  (core module $main
    (import "libc" "memory" (memory 1))
    (import "host" "print" (func $print (param i32 i32) (result i32)))
    (import "host" "args" (func $args (param i32)))
    (import "host" "env" (func $env (param i32)))
    (import "host" "read" (func $read (param i32 i32)))
    (data (i32.const 64) "[]=\n")

    ;; Prints [..] around the string whose pointer and length are there.
    (func $string (param $at i32)
      (drop (call $print (i32.const 64) (i32.const 1)))
      (drop (call $print (i32.load (local.get $at)) (i32.load offset=4 (local.get $at))))
      (drop (call $print (i32.const 65) (i32.const 1))))

    (func $line (drop (call $print (i32.const 67) (i32.const 1))))

    (func (export "run") (local $at i32) (local $left i32)
      (call $args (i32.const 16))
      (local.set $at (i32.load (i32.const 16)))
      (local.set $left (i32.load (i32.const 20)))
      (block $done
        (loop $each
          (br_if $done (i32.eqz (local.get $left)))
          (call $string (local.get $at))
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $each)))
      (call $line)
      (call $env (i32.const 16))
      (local.set $at (i32.load (i32.const 16)))
      (local.set $left (i32.load (i32.const 20)))
      (block $done
        (loop $each
          (br_if $done (i32.eqz (local.get $left)))
          (call $string (local.get $at))
          (drop (call $print (i32.const 66) (i32.const 1)))
          (call $string (i32.add (local.get $at) (i32.const 8)))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $each)))
      (call $line)
      (call $read (i32.const 24) (i32.const 16))
      (call $string (i32.const 16))
      (call $line)))
  (core instance $main (instantiate $main
    (with "libc" (instance $libc))
    (with "host" (instance
      (export "print" (func $print)) (export "args" (func $args))
      (export "env" (func $env)) (export "read" (func $read))))))
  (func (export "run") (canon lift (core func $main "run"))))
