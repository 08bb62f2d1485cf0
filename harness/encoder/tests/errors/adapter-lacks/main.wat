;; Asks for a function that there is, which asks for one that there is not; and for one that there is almost.
(module
  (import "outer" "write" (func))
  (import "inner" "fd_wrte" (func))
)
