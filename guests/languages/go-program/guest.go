// A program in Go, with its own runtime, scheduler and garbage collector, on the same functions of preview1 as the others.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"time"
)

func main() {
	fmt.Println("args:", strings.Join(os.Args[1:], ", "))
	env := os.Environ()
	sort.Strings(env)
	fmt.Println("env:", strings.Join(env, ", "))

	words := map[string]int{}
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Split(bufio.ScanWords)
	for scanner.Scan() {
		words[scanner.Text()]++
	}
	fmt.Println("words:", words)

	// A sleeping goroutine: the scheduler is idle, and waits in the host.
	begun := time.Now()
	done := make(chan time.Duration)
	go func() {
		time.Sleep(50 * time.Millisecond)
		done <- time.Since(begun)
	}()
	fmt.Println("slept:", <-done >= 50*time.Millisecond)

	// Allocate memory, which is collected.
	total := 0
	for i := 0; i < 64; i++ {
		block := make([]byte, 1<<18)
		for j := range block {
			block[j] = byte(i)
		}
		total += int(block[len(block)-1])
	}
	runtime.GC()
	fmt.Println("sum of last bytes:", total)

	fmt.Fprintln(os.Stderr, "leaving with 7")
	os.Exit(7)
}
