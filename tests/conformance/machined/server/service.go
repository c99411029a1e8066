package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const extension = "hearth"

// Service runs the extension as Talos runs it: in a mount namespace of its own, again after a failure, never after
// success (untilSuccess), ended with SIGTERM and then SIGKILL.
type Service struct {
	boot *Boot
	argv []string

	mu      sync.Mutex
	process *os.Process
	pids    map[int]bool // every process there was: one that is killed in the middle of a call was the service
	exited  chan struct{}
	down    bool   // stopped with the boot
	restart int    // the PID that is stopped because its config changed: what ends it, it is started anew
	version string // of its ExtensionServiceConfig; "": there is none
}

func newService(boot *Boot, argv []string) *Service {
	return &Service{boot: boot, argv: argv, pids: map[int]bool{}}
}

func (s *Service) id() string {
	return "ext-" + extension
}

func (s *Service) run() {
	if len(s.argv) == 0 {
		return
	}

	journal := s.boot.node.journal

	for {
		pid, status, started := s.once()
		if !started {
			return
		}

		s.mu.Lock()
		down, restart := s.down, s.restart == pid
		s.mu.Unlock()

		if down {
			return
		}

		if status == 0 && !restart {
			journal.Say("finished", "boot", s.boot.number)

			return
		}

		if !restart && !s.boot.sleep(s.boot.node.scenario.Times.Restart) {
			return
		}
	}
}

// once runs the process to its end.
func (s *Service) once() (pid, status int, started bool) {
	journal := s.boot.node.journal
	command := exec.Command(s.argv[0], s.argv[1:]...)
	command.Dir = "/"
	command.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	command.SysProcAttr = &syscall.SysProcAttr{
		Chroot: s.boot.node.scenario.Root, Unshareflags: syscall.CLONE_NEWNS, Setpgid: true, Pdeathsig: syscall.SIGKILL,
	}
	reader, writer := io.Pipe()
	command.Stdout, command.Stderr = writer, writer

	said := make(chan struct{})

	go func() {
		defer close(said)

		s.console(reader)
	}()

	s.mu.Lock()

	if s.down {
		s.mu.Unlock()
		writer.Close() //nolint:errcheck

		return 0, 0, false
	}

	err := command.Start()
	if err == nil {
		s.process, s.exited = command.Process, make(chan struct{})
		s.pids[command.Process.Pid] = true
	}

	exited := s.exited
	s.mu.Unlock()

	if err != nil {
		writer.Close() //nolint:errcheck
		s.boot.report(err)

		return 0, 0, false
	}

	pid = command.Process.Pid
	journal.Say("started", "boot", s.boot.number, "pid", pid)
	s.boot.putExtension(s.id())
	s.boot.after(s.boot.node.scenario.Times.PID, func() {
		select {
		case <-exited:
		default:
			s.boot.report(s.boot.putServicePID(s.id(), int32(pid)))
			journal.Say("registered", "boot", s.boot.number, "pid", pid)
		}
	})

	command.Wait() //nolint:errcheck
	writer.Close() //nolint:errcheck
	<-said

	s.mu.Lock()
	s.process = nil
	close(exited)
	s.mu.Unlock()

	state := command.ProcessState.Sys().(syscall.WaitStatus) //nolint:forcetypeassert
	signal := ""

	if state.Signaled() {
		signal = state.Signal().String()
	}

	journal.Say("exited", "boot", s.boot.number, "pid", pid, "status", state.ExitStatus(), "signal", signal)
	s.boot.removeServicePID(s.id())
	s.boot.removeService(s.id())

	return pid, state.ExitStatus(), true
}

func (s *Service) console(reader io.Reader) {
	lines := bufio.NewScanner(reader)
	lines.Buffer(nil, 1<<20)

	for lines.Scan() {
		s.boot.node.journal.Say("console", "boot", s.boot.number, "line", lines.Text())
	}

	io.Copy(io.Discard, reader) //nolint:errcheck
}

// end asks the process to end.
func (s *Service) end(process *os.Process) {
	s.boot.node.journal.Say("stopping", "boot", s.boot.number, "pid", process.Pid)
	process.Signal(syscall.SIGTERM) //nolint:errcheck
}

// ended waits for it, or makes it.
func (s *Service) ended(process *os.Process, exited chan struct{}) {
	select {
	case <-exited:
	case <-time.After(time.Duration(s.boot.node.scenario.Times.Stop) * time.Millisecond):
		s.boot.node.journal.Violation("SIGTERM was not enough", "pid", process.Pid)
		syscall.Kill(-process.Pid, syscall.SIGKILL) //nolint:errcheck
		<-exited
	}
}

// beginStop sends SIGTERM at the end of the boot; what ends now is not started again.
func (s *Service) beginStop() {
	s.mu.Lock()
	s.down = true
	process := s.process
	s.mu.Unlock()

	if process != nil {
		s.end(process)
	}
}

// stop waits for the end of the process.
func (s *Service) stop() {
	s.mu.Lock()
	process, exited := s.process, s.exited
	s.mu.Unlock()

	if process != nil {
		s.ended(process, exited)
	}
}

// kill is for the driver: the process dies at once, and the service starts it again.
func (s *Service) kill(signal syscall.Signal) {
	s.mu.Lock()
	process := s.process
	s.mu.Unlock()

	if process != nil {
		process.Signal(signal) //nolint:errcheck
	}
}

// configured: the version of the service's config is now this one. Talos restarts the service when it changes, but not
// when the first version arrives.
func (s *Service) configured(version string) {
	s.mu.Lock()
	before := s.version
	s.version = version
	process, exited := s.process, s.exited
	running := process != nil

	if running && before != version && version != "1" {
		s.restart = process.Pid
	}

	s.mu.Unlock()

	if before == version || (running && version == "1") {
		return
	}

	if !running {
		// Talos starts a service anew whose config changed, finished or not.
		if before != "" {
			go s.run()
		}

		return
	}

	s.boot.node.journal.Say("restarting", "boot", s.boot.number, "why", "its config changed")

	s.end(process)

	go s.ended(process, exited)
}
