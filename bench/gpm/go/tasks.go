// Making goroutines, taking turns, and dividing work among them.
package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const spawned = 1000000

// One goroutine makes a million that end at once, and waits for all.
func spawn() {
	var ended int64
	var all sync.WaitGroup
	all.Add(spawned)
	for i := 0; i < spawned; i++ {
		go func() {
			atomic.AddInt64(&ended, 1)
			all.Done()
		}()
	}
	all.Wait()
	check(ended == spawned, "spawn")
}

const (
	yielders = 100
	yields   = 20000
)

// A hundred goroutines that do nothing but let the others go first.
func yield() {
	var all sync.WaitGroup
	all.Add(yielders)
	for i := 0; i < yielders; i++ {
		go func() {
			for k := 0; k < yields; k++ {
				runtime.Gosched()
			}
			all.Done()
		}()
	}
	all.Wait()
}

const (
	sleepersCount = 100000
	sleeps        = 5
)

// A hundred thousand goroutines sleep five times for 1..4 ms: far more than can be woken in that time, so that the work
// of the timers is measured and not the waiting.
func sleepers() {
	var all sync.WaitGroup
	all.Add(sleepersCount)
	for i := 0; i < sleepersCount; i++ {
		go func(i int) {
			for k := 0; k < sleeps; k++ {
				time.Sleep(time.Duration(1+(i+k)%4) * time.Millisecond)
			}
			all.Done()
		}(i)
	}
	all.Wait()
}

const (
	sumNumbers = 128 << 10
	sumGrain   = 4096
	sumRounds  = 3000
)

var numbers []int32

func sumPrepare() {
	numbers = make([]int32, sumNumbers)
	for i := range numbers {
		numbers[i] = int32(i % 1000)
	}
}

// 131,072 numbers, which fit into the cache, added up 3,000 times, in pieces of 4,096 handed out to as many goroutines
// as there are Ps.
func sum() {
	for r := 0; r < sumRounds; r++ {
		var total, next int64
		var all sync.WaitGroup
		workers := runtime.GOMAXPROCS(0)
		all.Add(workers)
		for w := 0; w < workers; w++ {
			go func() {
				for {
					from := atomic.AddInt64(&next, sumGrain) - sumGrain
					if from >= sumNumbers {
						break
					}
					var piece int64
					for _, n := range numbers[from : from+sumGrain] {
						piece += int64(n)
					}
					atomic.AddInt64(&total, piece)
				}
				all.Done()
			}()
		}
		all.Wait()
		check(total == sumExpected(), "sum")
	}
}

func sumExpected() int64 {
	whole, rest := int64(sumNumbers/1000), int64(sumNumbers%1000)
	return whole*(999*1000/2) + rest*(rest-1)/2
}

const treeDepth = 17

// Every inner node of a binary tree makes a goroutine for each child and waits for both.
func tree() {
	check(treeNode(treeDepth) == 1<<treeDepth, "tree")
}

func treeNode(depth int) int {
	if depth == 0 {
		return 1
	}
	var leaves [2]int
	var both sync.WaitGroup
	both.Add(2)
	for i := range leaves {
		go func(i int) {
			leaves[i] = treeNode(depth - 1)
			both.Done()
		}(i)
	}
	both.Wait()
	return leaves[0] + leaves[1]
}
