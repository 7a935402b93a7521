// Goroutines and the kernel: sockets, system calls that block, memory.
package main

import (
	"io"
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
	var message [echoBytes]byte
	for {
		if _, err := io.ReadFull(c, message[:]); err != nil {
			break
		}
		_, err := c.Write(message[:])
		must(err)
	}
	c.Close()
}

func echoClient(address string) {
	c, err := net.Dial("tcp", address)
	must(err)
	var sent, received [echoBytes]byte
	for i := 0; i < echoes; i++ {
		sent[i%echoBytes]++
		_, err = c.Write(sent[:])
		must(err)
		_, err = io.ReadFull(c, received[:])
		must(err)
		check(sent == received, "echo")
	}
	c.Close()
}

const handoffs = 20000

// Two goroutines, each with a thread that truly blocks: a byte goes to and fro over pipes in blocking mode. Whoever waits
// in read(2) has to give up its P so that the other can run.
func syscallHandoff() {
	var there, back [2]int
	must(syscall.Pipe(there[:]))
	must(syscall.Pipe(back[:]))
	var all sync.WaitGroup
	all.Add(1)
	go func() {
		var b [1]byte
		for i := 0; i < handoffs; i++ {
			readByte(there[0], b[:])
			b[0]++
			writeByte(back[1], b[:])
		}
		all.Done()
	}()
	var b [1]byte
	for i := 0; i < handoffs; i++ {
		writeByte(there[1], b[:])
		readByte(back[0], b[:])
	}
	all.Wait()
	check(b[0] == byte(handoffs%256), "syscall")
	for _, fd := range []int{there[0], there[1], back[0], back[1]} {
		syscall.Close(fd)
	}
}

func readByte(fd int, b []byte) {
	for {
		n, err := syscall.Read(fd, b)
		if err == syscall.EINTR {
			continue
		}
		must(err)
		check(n == 1, "read of a pipe")
		return
	}
}

func writeByte(fd int, b []byte) {
	_, err := syscall.Write(fd, b)
	must(err)
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
