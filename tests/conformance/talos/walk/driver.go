package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// A driver is hearth's side: one process for thousands of cases. Both directions are lengths (4 bytes, little endian)
// and bytes. Asked: a verb of one letter and three texts. Answered: "+" or "-" and a text.
type driver struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

func startDriver(path string) (*driver, error) {
	d := &driver{command: exec.Command(path)}
	d.command.Stderr = os.Stderr
	var err error
	if d.in, err = d.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := d.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	d.out = bufio.NewReader(out)
	return d, d.command.Start()
}

func (d *driver) ask(verb byte, texts [3]string) (good bool, answer string, err error) {
	message := []byte{verb}
	for _, text := range texts {
		message = binary.LittleEndian.AppendUint32(message, uint32(len(text)))
		message = append(message, text...)
	}
	if _, err = d.in.Write(message); err != nil {
		return false, "", fmt.Errorf("the driver ended: %w", err)
	}
	head := make([]byte, 5)
	if _, err = io.ReadFull(d.out, head); err != nil {
		return false, "", fmt.Errorf("the driver ended: %w", err)
	}
	body := make([]byte, binary.LittleEndian.Uint32(head[1:]))
	_, err = io.ReadFull(d.out, body)
	return head[0] == '+', string(body), err
}

func (d *driver) stop() {
	d.in.Close()
	d.command.Wait()
}
