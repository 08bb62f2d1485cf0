;; Main has no world. The first adapter does not define the item on which the other two differ.
(module
  (import "a" "get" (func))
  (import "b" "get" (func))
  (import "c" "get" (func))
)
