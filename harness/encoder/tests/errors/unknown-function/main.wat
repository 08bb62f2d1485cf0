;; Misspelled function names, in an interface and in the world, and a missing resource.
(module
  (import "test:t/log" "prnt" (func (param i32)))
  (import "$root" "nwo" (func (result i32)))
  (import "test:t/log" "[resource-drop]file" (func (param i32)))
  (import "test:t/log" "[resource-new]file" (func (param i32) (result i32)))
)
