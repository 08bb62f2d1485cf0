;; expected: limit on handles (more than 100 handles of host resources)
;; Open files are the process's: a guest has its share.
(func (export "_start")
  (loop $again
    (drop (call $f))
    (br $again)))
