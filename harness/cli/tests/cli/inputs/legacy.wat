;; Catches an exception with an instruction of the legacy proposal.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (tag $thrown)
  (memory (export "memory") 1)
  (func (export "_start")
    try throw $thrown catch $thrown end
    (call $proc_exit (i32.const 0))))
