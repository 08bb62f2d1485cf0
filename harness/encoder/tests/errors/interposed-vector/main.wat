;; A report holds numbers, and this is none.
(module (import "env" "f" (func (param v128))))
