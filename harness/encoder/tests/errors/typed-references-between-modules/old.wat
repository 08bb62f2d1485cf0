(module
  (type $t (func (result i32)))
  (func (export "f") (param (ref $t)) (result i32) (call_ref $t (local.get 0))))
