;; Allocates memory of main; the call is reported.
(module $old
  (import "__main_module__" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (func (export "work")
    (drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))
