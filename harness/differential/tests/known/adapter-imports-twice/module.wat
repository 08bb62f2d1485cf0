;;! world = "module"
(module
)
