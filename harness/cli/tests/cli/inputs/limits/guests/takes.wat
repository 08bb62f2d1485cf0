;; Has six memories, of 100 pages each.
(module $takes
  (memory (export "memory") 100)
  (memory 100) (memory 100) (memory 100) (memory 100) (memory 100)
  (func (export "_start")))
