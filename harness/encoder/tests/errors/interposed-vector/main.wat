;; A vector cannot be reported.
(module (import "env" "f" (func (param v128))))
