(module (import "old" "f" (func (result i32))))
