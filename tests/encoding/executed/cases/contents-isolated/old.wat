;; Counts in its static data, and overwrites its memory.
(module $old
  (memory 2)
  (data (i32.const 1024) "\05\00\00\00")
  (func (export "what") (param i32) (result i32)
    (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1)))
    (memory.fill (i32.const 2048) (i32.const 0xaa) (i32.const 100000))
    (i32.load (i32.const 1024)))
)
