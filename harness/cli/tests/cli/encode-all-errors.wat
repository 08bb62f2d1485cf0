;; All errors are reported at once, each with similar names.
;;
;; FAIL: encode % --wit inputs/hello.wit --adapt inputs/wasi_snapshot_preview1.random.wat:inputs/my-wasi.wit
(module
  (import "wasi_snapshot_preview1" "random_got" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview" "random_get" (func (param i32 i32) (result i32)))
  (import "my-wasi" "prind" (func (param i32 i32) (result i32)))
  (import "my-wasi" "print" (func (param i64) (result i32)))
  (func (export "runs")))
