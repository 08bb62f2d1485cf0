;; module name: t:t/i0
;;! world = "adapt-1"
(module
)
