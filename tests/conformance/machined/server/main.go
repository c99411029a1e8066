// A machined of Talos's own packages: its gRPC services and types, its resources and their sensitivity in COSI's own
// state server, its checks of role and peer process, its config loader, validation and diff. What is left to write are
// the node around it (disks, boots, the service that hearth is) and the faults. The journal says what happened.
//
//	server SCENARIO.json JOURNAL.jsonl CONTROL.sock
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func run() error {
	scenario, err := readScenario(os.Args[1])
	if err != nil {
		return err
	}

	journal, err := newJournal(os.Args[2])
	if err != nil {
		return err
	}

	hardware, err := openHardware(scenario.Dir, scenario.Disks)
	if err != nil {
		return err
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	// The driver holds the other end: when it dies, this ends too.
	go func() {
		io.Copy(io.Discard, os.Stdin) //nolint:errcheck
		stop()
	}()

	node := &Node{scenario: scenario, journal: journal, hardware: hardware, clients: map[int32]string{}}

	for _, fault := range scenario.Faults {
		node.faults.add(fault)
	}

	failed := make(chan error, 2)

	go func() { failed <- node.serveControl(ctx, os.Args[3]) }()

	go func() { failed <- node.Run(ctx) }()

	for range 2 {
		if err := <-failed; err != nil {
			return err
		}
	}

	return nil
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: server SCENARIO.json JOURNAL.jsonl CONTROL.sock")
		os.Exit(2)
	}

	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
