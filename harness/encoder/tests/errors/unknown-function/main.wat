;; A slip in a function's name, in an interface and at the root; a resource that is not there.
(module
  (import "test:t/log" "prnt" (func (param i32)))
  (import "$root" "nwo" (func (result i32)))
  (import "test:t/log" "[resource-drop]file" (func (param i32)))
  (import "test:t/log" "[resource-new]file" (func (param i32) (result i32)))
)
