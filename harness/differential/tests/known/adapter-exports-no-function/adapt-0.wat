;; module name: legacy:host/calls@0.2.0
;;! world = "adapt-1"
(module
)
