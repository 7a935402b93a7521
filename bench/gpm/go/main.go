// The Go side of the comparison: the same programs as in ../c, by the same names, with the same counts.
//
// usage: gpm-go NAME [--procs N]
//
// Prints the seconds that the work took, on the clock and of processor time; for rss-parked the bytes of a parked goroutine.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

type benchmark struct {
	name    string
	prepare func() // not timed; may be nil
	run     func()
	bytes   func() float64 // instead of run: measures memory
}

var benchmarks = []benchmark{
	{name: "spawn", run: spawn},
	{name: "ping-pong", run: pingPong},
	{name: "buffered", run: buffered},
	{name: "yield", run: yield},
	{name: "select", run: selectFour},
	{name: "mutex", run: mutex},
	{name: "sleepers", run: sleepers},
	{name: "sum", prepare: sumPrepare, run: sum},
	{name: "tree", run: tree},
	{name: "echo", run: echo},
	{name: "syscall", run: syscallHandoff},
	{name: "rss-parked", bytes: rssParked},
}

func check(ok bool, what string) {
	if !ok {
		fmt.Fprintln(os.Stderr, "gpm-go: wrong result:", what)
		os.Exit(1)
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "gpm-go:", err)
		os.Exit(1)
	}
}

func processorTime() time.Duration {
	var used syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func measure(b benchmark) {
	if b.bytes != nil {
		fmt.Printf("%.0f\n", b.bytes())
		return
	}
	if b.prepare != nil {
		b.prepare()
	}
	start, used := time.Now(), processorTime()
	b.run()
	fmt.Printf("%.9f %.9f\n", time.Since(start).Seconds(), (processorTime() - used).Seconds())
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: gpm-go NAME [--procs N]")
		os.Exit(2)
	}
	flags := flag.NewFlagSet("gpm-go", flag.ExitOnError)
	procs := flags.Int("procs", runtime.GOMAXPROCS(0), "GOMAXPROCS")
	flags.Parse(os.Args[2:])
	runtime.GOMAXPROCS(*procs)
	for _, b := range benchmarks {
		if b.name == os.Args[1] {
			measure(b)
			return
		}
	}
	fmt.Fprintf(os.Stderr, "gpm-go: no benchmark %q\n", os.Args[1])
	os.Exit(2)
}
