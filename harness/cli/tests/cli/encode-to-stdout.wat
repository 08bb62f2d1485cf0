;; Without a file the component goes to standard output, in binary form or as text.
;;
;; RUN: encode % --wit inputs/nothing.wit
;; RUN: encode % --wit inputs/nothing.wit --no-validate
;; RUN: encode % --wit inputs/nothing.wit --wat
(module
  (func (export "nothing")))
