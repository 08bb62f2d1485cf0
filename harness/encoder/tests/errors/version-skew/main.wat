;; Imports two versions that the world does not contain: an older track and a newer one.
(module
  (import "wasi:x/clock@0.2.3" "now" (func (result i64)))
  (import "wasi:y/log@2.0.0" "print" (func (param i32)))
)
