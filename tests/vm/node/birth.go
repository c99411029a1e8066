package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	program = "/hearth" // in an initramfs that has it and no layers
	asked   = "vm.login="
	laid    = "/site"
)

// birth is a plain Linux in which a person types one command: hearth facts --login NAME --out DIR. What it says, and
// what it laid down, is told in the journal.
func birth() error {
	name := ""
	for _, word := range strings.Fields(text("/proc/cmdline")) {
		if rest, ok := strings.CutPrefix(word, asked); ok {
			name = rest
		}
	}

	device := "/sys/class/tpm/tpm0"
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(device); err == nil {
			break
		}
	}

	bus, _ := os.Readlink(device + "/device/driver") //nolint:errcheck

	if err := os.Mkdir(laid, 0o755); err != nil {
		return err
	}

	command := exec.Command(program, "facts", "--login", name, "--out", laid)
	command.Stderr = os.Stdout
	facts, failed := command.Output()

	files, err := filesOf(laid)
	if err != nil {
		return err
	}

	data, err := json.Marshal(map[string]any{
		"event": "born", "driver": filepath.Base(bus), "failed": fmt.Sprint(failed), "facts": string(facts), "files": files,
	})
	if err != nil {
		return err
	}

	if err = raw(journal); err != nil {
		return err
	}

	port, err := os.OpenFile(journal, os.O_WRONLY|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	defer port.Close() //nolint:errcheck

	_, err = fmt.Fprintf(port, "%s\n", data)

	return err
}
