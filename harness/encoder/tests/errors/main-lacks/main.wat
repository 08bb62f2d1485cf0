(module (import "old" "run" (func)) (func (export "strat")))
