;; No memory to read the text from, and neither memory nor realloc to write the answer to.
(module
  (import "test:t/log" "print" (func (param i32 i32)))
  (import "test:t/log" "read" (func (param i32)))
)
