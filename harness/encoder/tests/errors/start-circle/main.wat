;; Two adapters whose start functions call each other: there is no order for that.
(module (import "ping" "ping" (func)))
