;;! world = "adapt-1"
(module
)
