(module (import "old" "get" (func)))
