// SPDX-License-Identifier: Apache-2.0
// Busy in two named functions and allocating, for pprof.
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"sort"
	"strings"
	"sync"
	"time"
)

var sink int
var kept [][]byte

//go:noinline
func sortNumbers() {
	numbers := make([]int, 20000)
	for i := range numbers {
		numbers[i] = (i * 7919) % 20011
	}
	sort.Ints(numbers)
	sink += numbers[17]
}

//go:noinline
func countWords() {
	text := strings.Repeat("the quick brown fox ", 2000)
	sink += len(strings.Fields(text))
}

//go:noinline
func keepMemory() {
	for i := 0; i < 64; i++ {
		kept = append(kept, make([]byte, 1<<18))
	}
}

func main() {
	runtime.SetBlockProfileRate(1)
	cpu, _ := os.Create("cpu.pb.gz")
	pprof.StartCPUProfile(cpu)
	keepMemory()
	var all sync.WaitGroup
	gate := make(chan bool)
	all.Add(1)
	go func() { defer all.Done(); <-gate }()
	for end := time.Now().Add(1200 * time.Millisecond); time.Now().Before(end); {
		sortNumbers()
		countWords()
	}
	gate <- true
	all.Wait()
	pprof.StopCPUProfile()
	cpu.Close()
	heap, _ := os.Create("heap.pb.gz")
	runtime.GC()
	pprof.WriteHeapProfile(heap)
	heap.Close()
	block, _ := os.Create("block.pb.gz")
	pprof.Lookup("block").WriteTo(block, 0)
	block.Close()
}
