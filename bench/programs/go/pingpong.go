// Ping-pong: two goroutines that hand a number to each other over channels without room.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

func benchmark(rounds int) int {
	ping := make(chan int)
	pong := make(chan int)
	done := make(chan bool)
	go func() {
		for value := range ping {
			pong <- value + 1
		}
		done <- true
	}()
	value := 0
	for i := 0; i < rounds; i++ {
		ping <- value
		value = <-pong
	}
	close(ping)
	<-done
	return value
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pingpong ITERATIONS SIZE")
		os.Exit(2)
	}
	iterations, _ := strconv.Atoi(os.Args[1])
	rounds, _ := strconv.Atoi(os.Args[2])
	result := 0
	for i := 0; i < iterations; i++ {
		started := time.Now()
		result = benchmark(rounds)
		elapsed := time.Since(started)
		if result != rounds {
			fmt.Fprintf(os.Stderr, "pingpong: wrong result %d for size %d\n", result, rounds)
			os.Exit(1)
		}
		fmt.Printf("pingpong: iterations=1 runtime: %dus\n", elapsed.Microseconds())
	}
	fmt.Printf("pingpong: result=%d\n", result)
}
