;; Imports an existing function, which imports a missing one, and a function with a misspelled name.
(module
  (import "outer" "write" (func))
  (import "inner" "fd_wrte" (func))
)
