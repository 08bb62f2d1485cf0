;; No memory for reading the text, and neither memory nor realloc for writing the result.
(module
  (import "test:t/log" "print" (func (param i32 i32)))
  (import "test:t/log" "read" (func (param i32)))
)
