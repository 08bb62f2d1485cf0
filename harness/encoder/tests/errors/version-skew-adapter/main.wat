;; An adapter imports another version than its WIT contains. Main does not need it.
(module (import "old" "get" (func (result i64))))
