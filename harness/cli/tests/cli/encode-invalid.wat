;; Function bodies are looked at by the validation of the finished component, and by nothing else.
;;
;; FAIL: encode %
;; RUN: encode % --no-validate
(module
  (func (result i32) (i64.const 1)))
