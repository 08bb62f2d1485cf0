;; The start functions of two adapters call each other, so no order of instantiation exists.
(module (import "ping" "ping" (func)))
