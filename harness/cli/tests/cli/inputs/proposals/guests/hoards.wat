;; Allocates arrays until the heap of collected objects is full.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (type $bytes (array i8))
  (type $list (struct (field (ref null $list)) (field (ref $bytes))))
  (memory (export "memory") 1)
  (func (export "_start")
    (local $list (ref null $list))
    (loop $more
      (local.set $list (struct.new $list (local.get $list) (array.new_default $bytes (i32.const 1000000))))
      (br $more))))
