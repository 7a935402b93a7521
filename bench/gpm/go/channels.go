// Goroutines that talk: channels, select, and a mutex that many want.
package main

import (
	"runtime"
	"sync"
)

const pings = 500000

// Two goroutines send a number to and fro, half a million times.
func pingPong() {
	there, back := make(chan int64), make(chan int64)
	go func() {
		for n := range there {
			back <- n + 1
		}
		close(back)
	}()
	var n int64
	for i := 0; i < pings; i++ {
		there <- n
		n = <-back
	}
	close(there)
	check(n == pings, "ping-pong")
}

const (
	messages = 5000000
	room     = 128
)

// One producer, one consumer, room for 128.
func buffered() {
	c := make(chan int64, room)
	go func() {
		for i := int64(0); i < messages; i++ {
			c <- i
		}
		close(c)
	}()
	var total int64
	for n := range c {
		total += n
	}
	check(total == int64(messages)*(messages-1)/2, "buffered")
}

const selected = 600000

// One goroutine selects on four unbuffered channels, each with a sender of its own.
func selectFour() {
	var c [4]chan int64
	for i := range c {
		c[i] = make(chan int64)
		go func(out chan<- int64) {
			for k := int64(0); k < selected/4; k++ {
				out <- k
			}
		}(c[i])
	}
	var total, n int64
	for i := 0; i < selected; i++ {
		select {
		case n = <-c[0]:
		case n = <-c[1]:
		case n = <-c[2]:
		case n = <-c[3]:
		}
		total += n
	}
	check(total == 4*(int64(selected/4)*(selected/4-1)/2), "select")
}

const (
	contenders = 1000
	turns      = 500
)

// A thousand goroutines want one mutex. Each holder lets the others run once, so that they do queue up, also with one P.
func mutex() {
	var lock sync.Mutex
	var all sync.WaitGroup
	counter := 0
	all.Add(contenders)
	for i := 0; i < contenders; i++ {
		go func() {
			for k := 0; k < turns; k++ {
				lock.Lock()
				n := counter
				runtime.Gosched()
				counter = n + 1
				lock.Unlock()
			}
			all.Done()
		}()
	}
	all.Wait()
	check(counter == contenders*turns, "mutex")
}
