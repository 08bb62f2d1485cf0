(module
  (import "[export]a:b/c" "[resource-new]thing" (func (param i32) (result i32)))
  (import "a:b/c" "f" (func)))
