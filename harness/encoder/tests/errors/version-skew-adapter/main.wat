;; An adapter that imports another version than its WIT has; main would do without.
(module (import "old" "get" (func (result i64))))
