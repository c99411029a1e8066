package main

import (
	"context"
	"encoding/binary"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Fault is one thing that goes wrong, at the next calls of a method ("" is any) or with the next connections.
//
//	status     the call ends with code and message          stage      the stage becomes `stage` as the call arrives
//	hang       no answer at all                              slow       the answer comes after ms
//	vanish     machined stops listening for ms, the call is cut                 busy   another apply runs for ms
//	lost       the call is done but its answer is cut        install    the installer fails, leaving `partitions`
//	                                                                    ("cut": all)
//	etcd       etcd crashes and is started anew
//	stuck      the installer ends well, STATE cannot be formatted, and the boot goes nowhere
//	kill       the extension gets SIGKILL before the call is done or `after` it
//	command    what the driver may ask for happens as the call arrives, or `after` it
//
// and of a connection: goaway (before anything is answered), rst (RST_STREAM after the trailers), continuation (header
// blocks split into CONTINUATION frames), trickle (in small pieces), cut (closed after `bytes` bytes), garbage.
type Fault struct {
	Kind       string   `json:"kind"`
	Method     string   `json:"method"`
	Count      int      `json:"count"` // 0 is 1; -1 is always
	Skip       int      `json:"skip"`  // calls that pass first
	After      bool     `json:"after"` // stage: when the call has been done
	Code       int      `json:"code"`
	Message    string   `json:"message"`
	MS         int      `json:"ms"`
	Stage      string   `json:"stage"`
	Bytes      int      `json:"bytes"`
	Partitions []string `json:"partitions"`
	Command    *Command `json:"command"`
}

// Faults are the faults that wait for their occasion.
type Faults struct {
	mu   sync.Mutex
	list []*Fault
}

func (f *Faults) add(fault *Fault) {
	if fault.Count == 0 {
		fault.Count = 1
	}

	f.mu.Lock()
	f.list = append(f.list, fault)
	f.mu.Unlock()
}

func (f *Faults) clear() {
	f.mu.Lock()
	f.list = nil
	f.mu.Unlock()
}

var connectionFaults = map[string]bool{
	"goaway": true, "rst": true, "continuation": true, "trickle": true, "cut": true, "garbage": true,
}

// take finds and uses up one fault.
func (f *Faults) take(fits func(*Fault) bool) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()

	for i, fault := range f.list {
		if !fits(fault) {
			continue
		}

		if fault.Skip > 0 {
			fault.Skip--

			continue
		}

		if fault.Count > 0 {
			fault.Count--
		}

		if fault.Count == 0 {
			f.list = append(f.list[:i:i], f.list[i+1:]...)
		}

		return fault
	}

	return nil
}

func (f *Faults) failInstall() []string {
	fault := f.take(func(fault *Fault) bool { return fault.Kind == "install" })
	if fault == nil {
		return nil
	}

	return append([]string{}, fault.Partitions...)
}

func (f *Faults) once(kind string) bool {
	return f.take(func(fault *Fault) bool { return fault.Kind == kind }) != nil
}

func (f *Faults) crashEtcd() bool { return f.once("etcd") }

func (f *Faults) hangInstall() bool { return f.once("stuck") }

var nodeFaults = map[string]bool{"install": true, "etcd": true, "stuck": true}

// fault is called before a call; an error ends it. What it returns is run when the call has been done.
func (b *Boot) fault(ctx context.Context, method string) (after func(), err error) {
	fault := b.node.faults.take(func(fault *Fault) bool {
		return !connectionFaults[fault.Kind] && !nodeFaults[fault.Kind] && strings.HasSuffix(method, fault.Method)
	})
	if fault == nil {
		return func() {}, nil
	}

	b.node.journal.Say("fault", "boot", b.number, "kind", fault.Kind, "method", method)

	switch fault.Kind {
	case "status":
		return nil, status.Error(codes.Code(fault.Code), fault.Message)
	case "hang":
		<-ctx.Done()

		return nil, ctx.Err()
	case "slow":
		b.sleep(fault.MS)
	case "stage":
		stage, err := runtime.MachineStageString(fault.Stage)
		if err != nil {
			return nil, err
		}

		if fault.After {
			return func() { b.setStage(stage) }, nil
		}

		b.setStage(stage)
	case "command":
		run := func() { b.report(b.node.command(fault.Command)) }
		if fault.After {
			return run, nil
		}

		run()
	case "busy":
		if b.apply.TryLock() {
			b.after(fault.MS, b.apply.Unlock)
		}
	case "lost":
		return cutAll, nil
	case "kill":
		kill := func() {
			b.service.kill(syscall.SIGKILL)
			b.sleep(20) // what the process would have done with the answer it does not do
		}

		if fault.After {
			// It comes no further than this call: the SIGTERM for what the call changes could end it first.
			b.service.kill(syscall.SIGSTOP)

			return kill, nil
		}

		kill()

		return nil, status.Error(codes.Canceled, "the caller is dead")
	case "vanish":
		b.vanish(fault.MS)

		return nil, status.Error(codes.Unavailable, "gone")
	}

	return func() {}, nil
}

// vanish cuts every connection and unlinks the socket, as when machined's service is started anew.
func (b *Boot) vanish(ms int) {
	os.Remove(b.node.socket()) //nolint:errcheck
	cutAll()
	b.after(ms, func() { b.listen(b.newServer()) })
}

var open struct {
	mu    sync.Mutex
	conns map[*faultyConn]bool
}

func cutAll() {
	open.mu.Lock()
	defer open.mu.Unlock()

	for conn := range open.conns {
		conn.UnixConn.Close() //nolint:errcheck
	}
}

type faultyListener struct {
	net.Listener
	node *Node
}

func (l *faultyListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}

	faulty := &faultyConn{UnixConn: conn.(*net.UnixConn)} //nolint:forcetypeassert
	faulty.fault = l.node.faults.take(func(fault *Fault) bool { return connectionFaults[fault.Kind] })

	if faulty.fault != nil {
		l.node.journal.Say("fault", "kind", faulty.fault.Kind)
	}

	open.mu.Lock()

	if open.conns == nil {
		open.conns = map[*faultyConn]bool{}
	}

	open.conns[faulty] = true
	open.mu.Unlock()

	return faulty, nil
}

// faultyConn changes what the server sends, frame by frame.
type faultyConn struct {
	*net.UnixConn
	fault   *Fault
	mu      sync.Mutex
	pending []byte
	sent    int
}

func (c *faultyConn) Close() error {
	open.mu.Lock()
	delete(open.conns, c)
	open.mu.Unlock()

	return c.UnixConn.Close()
}

const (
	frameHeaders      = 1
	frameReset        = 3
	frameGoAway       = 7
	frameContinuation = 9
	flagEndStream     = 1
	flagEndHeaders    = 4
)

func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	head := make([]byte, 9, 9+len(payload))
	binary.BigEndian.PutUint32(head, uint32(len(payload))<<8|uint32(kind))
	head[4] = flags
	binary.BigEndian.PutUint32(head[5:], stream)

	return append(head, payload...)
}

func (c *faultyConn) Write(data []byte) (int, error) {
	if c.fault == nil {
		return c.UnixConn.Write(data)
	}

	c.mu.Lock()
	defer c.mu.Unlock()

	c.pending = append(c.pending, data...)

	for len(c.pending) >= 9 {
		length := int(binary.BigEndian.Uint32(c.pending) >> 8)
		if len(c.pending) < 9+length {
			break
		}

		one := c.pending[:9+length]
		c.pending = c.pending[9+length:]

		if err := c.send(one); err != nil {
			return 0, err
		}
	}

	return len(data), nil
}

// pieceOf is the size of a piece at this place of a frame: a frame's head comes byte by byte.
func pieceOf(at int) int {
	if at < 48 {
		return 1
	}

	return 997
}

func (c *faultyConn) send(one []byte) error {
	kind, flags := one[3], one[4]
	stream := binary.BigEndian.Uint32(one[5:])
	payload := one[9:]

	switch c.fault.Kind {
	case "goaway":
		if kind == frameHeaders {
			c.UnixConn.Write(frame(frameGoAway, 0, 0, append(make([]byte, 8), "bye"...))) //nolint:errcheck

			return c.UnixConn.Close()
		}
	case "rst":
		if kind == frameHeaders && flags&flagEndStream != 0 {
			one = append(append([]byte{}, one...), frame(frameReset, 0, stream, make([]byte, 4))...)
		}
	case "continuation":
		if kind == frameHeaders && len(payload) > 3 {
			one = frame(frameHeaders, flags&^flagEndHeaders, stream, payload[:1])
			one = append(one, frame(frameContinuation, 0, stream, payload[1:3])...)
			one = append(one, frame(frameContinuation, flagEndHeaders, stream, payload[3:])...)
		}
	case "garbage":
		one = []byte("HTTP/1.1 400 Bad Request\r\n\r\n")
	case "cut":
		if c.sent+len(one) > c.fault.Bytes {
			c.UnixConn.Write(one[:max(0, c.fault.Bytes-c.sent)]) //nolint:errcheck

			return c.UnixConn.Close()
		}
	case "trickle":
		for i := 0; i < len(one); i += pieceOf(i) {
			if _, err := c.UnixConn.Write(one[i:min(len(one), i+pieceOf(i))]); err != nil {
				return err
			}

			time.Sleep(10 * time.Microsecond)
		}

		return nil
	}

	c.sent += len(one)
	_, err := c.UnixConn.Write(one)

	return err
}
