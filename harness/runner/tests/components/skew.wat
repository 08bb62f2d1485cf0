;; Imports interface versions that the host does not define, and a function that its version does not contain.
(component
  (import "wasi:cli/environment@0.3.0" (instance $environment
    (export "get-environment" (func (result (list (tuple string string)))))))
  (import "wasi:cli/exit@0.2.99" (instance $exit
    (export "exit" (func (param "status" (result))))
    (export "exit-at-midnight" (func (param "day" u32)))))
  (import "wasi:nothing/like-it@1.0.0" (instance $nothing (export "f" (func))))
  (core module $wasi_snapshot_preview1
    (import "wasi:cli/environment@0.3.0" "get-environment" (func (param i32))))
  (core module $main
    (import "wasi:cli/exit@0.2.99" "exit-at-midnight" (func (param i32)))
    (import "wasi:nothing/like-it@1.0.0" "f" (func))))
