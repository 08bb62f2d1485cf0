(module
  (import "env" "__cpp_exception" (tag (param i32)))
  (import "env" "__stack_pointer" (global (mut i32)))
  (import "env" "__indirect_function_table" (table 1 funcref))
  (import "old" "oops" (tag (param i32)))
  (func (export "go")))
