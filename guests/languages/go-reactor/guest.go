// A reactor in Go: `_initialize` starts the runtime, then functions are called from outside.
package main

import "fmt"

var calls uint32

//go:wasmexport add
func add(a, b uint32) uint32 {
	calls++
	fmt.Printf("call %d: %d + %d\n", calls, a, b)
	return a + b
}

func main() {}
