(module
  (import "gc" "f" (func)) (import "legacy" "f" (func)) (import "switching" "f" (func)) (import "control" "f" (func)) (import "wrong" "f" (func))
  (memory (export "memory") 1))
