// Goroutines and the kernel: sockets, system calls that block, memory.
package main

import (
	"bytes"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

const (
	connections = 1000
	echoes      = 30
	echoBytes   = 64
	bufferBytes = 1024
)

// A thousand clients connect to an echo server in the same process and exchange 30 messages each.
func echo() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go echoServe(c)
		}
	}()
	var all sync.WaitGroup
	all.Add(connections)
	for i := 0; i < connections; i++ {
		go func() {
			echoClient(listener.Addr().String())
			all.Done()
		}()
	}
	all.Wait()
	listener.Close()
}

func echoServe(c net.Conn) {
	var buffer [bufferBytes]byte
	for {
		got, err := c.Read(buffer[:])
		if err != nil {
			break
		}
		_, err = c.Write(buffer[:got])
		must(err)
	}
	c.Close()
}

func echoClient(address string) {
	c, err := net.Dial("tcp", address)
	must(err)
	var sent [echoBytes]byte
	var received [bufferBytes]byte
	for i := 0; i < echoes; i++ {
		sent[i%echoBytes]++
		_, err = c.Write(sent[:])
		must(err)
		for got := 0; got < echoBytes; {
			more, err := c.Read(received[got:])
			must(err)
			got += more
		}
		check(bytes.Equal(sent[:], received[:echoBytes]), "echo")
	}
	c.Close()
}

const handoffs = 10000

// A goroutine reads from a pipe in blocking mode, so its thread truly blocks; what it waits for is written by another
// goroutine, which was readied just before. With one P that can run only when the P is taken out of the blocking call.
func syscallHandoff() {
	var pipe [2]int
	must(syscall.Pipe(pipe[:]))
	wanted := make(chan byte)
	go func() {
		for b := range wanted {
			_, err := syscall.Write(pipe[1], []byte{b})
			must(err)
		}
		syscall.Close(pipe[1])
	}()
	var b [1]byte
	for i := 0; i < handoffs; i++ {
		wanted <- byte(i)
		check(readBlocking(pipe[0], b[:]) == 1 && b[0] == byte(i), "syscall")
	}
	close(wanted)
	check(readBlocking(pipe[0], b[:]) == 0, "syscall")
	syscall.Close(pipe[0])
}

func readBlocking(fd int, b []byte) int {
	for {
		n, err := syscall.Read(fd, b)
		if err != syscall.EINTR {
			must(err)
			return n
		}
	}
}

const parked = 100000

// Resident memory that a hundred thousand goroutines waiting on a channel add, divided by their number.
func rssParked() float64 {
	gate := make(chan struct{})
	var arrived, left sync.WaitGroup
	runtime.GC()
	before := residentBytes()
	arrived.Add(parked)
	left.Add(parked)
	for i := 0; i < parked; i++ {
		go func() {
			arrived.Done()
			<-gate
			left.Done()
		}()
	}
	arrived.Wait()
	after := residentBytes()
	close(gate)
	left.Wait()
	return float64(after-before) / parked
}

func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	must(err)
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	must(err)
	return pages * int64(os.Getpagesize())
}
