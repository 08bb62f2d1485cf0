;; Main has no world. The first adapter lacks what the other two contradict each other in.
(module
  (import "a" "get" (func))
  (import "b" "get" (func))
  (import "c" "get" (func))
)
