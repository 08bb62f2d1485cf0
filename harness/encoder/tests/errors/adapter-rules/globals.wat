(module
  (import "other" "errno" (global $errno i32))
  (func (export "get") (drop (global.get $errno)))
)
