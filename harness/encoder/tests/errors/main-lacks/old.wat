(module
  (import "__main_module__" "_start" (func $start))
  (import "__main_module__" "start" (func $other))
  (import "__main_memory__" "size" (func $size (result i32)))
  (memory 1)
  (func (export "run") (call $start) (call $other) (i32.store (i32.const 0) (call $size)))
)
