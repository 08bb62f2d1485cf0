;; Static data without relocations, which cannot be moved.
(module
  (import "env" "memory" (memory 1))
  (data (i32.const 1024) "text")
  (func (export "get") (drop (i32.load (i32.const 1024))))
)
