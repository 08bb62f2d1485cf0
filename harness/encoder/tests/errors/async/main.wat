(module
  (import "test:t/log" "[async-lower]print" (func (param i32) (result i32)))
  (import "$root" "[task-cancel]" (func))
)
