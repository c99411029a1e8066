package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Lease is what a DHCP server (RFC 2131) gave.
type Lease struct {
	Address, Mask, Router, Server net.IP
	DNS                           []net.IP
}

func (l *Lease) prefix() string {
	ones, _ := net.IPMask(l.Mask).Size()

	return fmt.Sprintf("%s/%d", l.Address, ones)
}

// network brings up every physical link, as Talos does without a config, and takes the first lease.
func network() (*Lease, error) {
	if err := linkUp("lo"); err != nil {
		return nil, err
	}

	name, err := waitLink(2 * time.Minute)
	if err != nil {
		return nil, err
	}

	link, err := net.InterfaceByName(name)
	if err != nil {
		return nil, err
	}

	lease, err := dhcp(link)
	if err != nil {
		return nil, err
	}

	return lease, try(
		func() error { return setAddress(name, unix.SIOCSIFADDR, lease.Address) },
		func() error { return setAddress(name, unix.SIOCSIFNETMASK, lease.Mask) },
		func() error { return names(lease) },
	)
}

// waitLink: the first Ethernet device, up and with a carrier. Emulated autonegotiation takes two seconds.
func waitLink(limit time.Duration) (string, error) {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		entries, _ := os.ReadDir("/sys/class/net") //nolint:errcheck
		for _, entry := range entries {
			path := "/sys/class/net/" + entry.Name()
			if _, err := os.Stat(path + "/device"); err != nil {
				continue
			}

			if err := linkUp(entry.Name()); err != nil {
				return "", err
			}

			if carrier, err := os.ReadFile(path + "/carrier"); err == nil && strings.TrimSpace(string(carrier)) == "1" {
				return entry.Name(), nil
			}
		}
	}

	return "", errors.New("no link with a carrier")
}

// ifreq is struct ifreq of netdevice(7): a name, and a union of 24 bytes.
type ifreq struct {
	name [unix.IFNAMSIZ]byte
	data [24]byte
}

func control(name string, request uintptr, fill func(data []byte)) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd) //nolint:errcheck

	req := ifreq{}
	copy(req.name[:unix.IFNAMSIZ-1], name)
	fill(req.data[:])

	if _, _, number := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(&req))); number != 0 {
		return fmt.Errorf("%s: %w", name, number)
	}

	return nil
}

func linkUp(name string) error {
	return control(name, unix.SIOCSIFFLAGS, func(data []byte) {
		binary.NativeEndian.PutUint16(data, unix.IFF_UP|unix.IFF_RUNNING)
	})
}

func setAddress(name string, request uintptr, address net.IP) error {
	return control(name, request, func(data []byte) {
		binary.NativeEndian.PutUint16(data, unix.AF_INET)
		copy(data[4:8], address.To4())
	})
}

var cookie = []byte{99, 130, 83, 99}

func dhcp(link *net.Interface) (*Lease, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd) //nolint:errcheck

	err = try(
		func() error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, 1) },
		func() error { return unix.BindToDevice(fd, link.Name) },
		func() error {
			return unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 3})
		},
		func() error { return unix.Bind(fd, &unix.SockaddrInet4{Port: 68}) },
	)
	if err != nil {
		return nil, err
	}

	for range 10 {
		offer, err := exchange(fd, link, 1, nil)
		if err != nil {
			continue
		}

		if lease, err := exchange(fd, link, 3, offer); err == nil {
			return lease, nil
		}
	}

	return nil, errors.New("no DHCP server answers on " + link.Name)
}

// exchange sends DISCOVER (1) or REQUEST (3) and waits for its OFFER (2) or ACK (5).
func exchange(fd int, link *net.Interface, kind byte, offer *Lease) (*Lease, error) {
	packet := make([]byte, 240, 300)
	packet[0], packet[1], packet[2] = 1, 1, 6
	copy(packet[4:8], link.HardwareAddr[2:6])
	packet[10] = 0x80 // answer by broadcast: there is no address yet
	copy(packet[28:34], link.HardwareAddr)
	copy(packet[236:240], cookie)
	packet = append(packet, 53, 1, kind)

	if offer != nil {
		packet = append(append(packet, 50, 4), offer.Address.To4()...)
		packet = append(append(packet, 54, 4), offer.Server.To4()...)
	}

	packet = append(packet, 55, 3, 1, 3, 6, 255)
	packet = append(packet, make([]byte, 300-len(packet))...)

	if err := unix.Sendto(fd, packet, 0, &unix.SockaddrInet4{Port: 67, Addr: [4]byte{255, 255, 255, 255}}); err != nil {
		return nil, err
	}

	answer := make([]byte, 1500)

	for range 20 {
		n, _, err := unix.Recvfrom(fd, answer, 0)
		if err != nil {
			return nil, err
		}

		if lease, got := parse(answer[:n], packet[4:8]); lease != nil && got == map[byte]byte{1: 2, 3: 5}[kind] {
			return lease, nil
		}
	}

	return nil, errors.New("no answer")
}

func parse(packet, id []byte) (*Lease, byte) {
	if len(packet) < 244 || packet[0] != 2 || string(packet[4:8]) != string(id) || string(packet[236:240]) != string(cookie) {
		return nil, 0
	}

	lease, kind := &Lease{Address: net.IP(append([]byte{}, packet[16:20]...))}, byte(0)

	for at := 240; at+1 < len(packet) && packet[at] != 255; {
		if packet[at] == 0 {
			at++

			continue
		}

		size := int(packet[at+1])
		if at+2+size > len(packet) {
			break
		}

		value := append([]byte{}, packet[at+2:at+2+size]...)

		switch code := packet[at]; {
		case code == 53 && size == 1:
			kind = value[0]
		case code == 1 && size == 4:
			lease.Mask = value
		case code == 3 && size >= 4:
			lease.Router = value[:4]
		case code == 54 && size == 4:
			lease.Server = value
		case code == 6:
			for ; len(value) >= 4; value = value[4:] {
				lease.DNS = append(lease.DNS, net.IP(value[:4]))
			}
		}

		at += 2 + size
	}

	if lease.Mask == nil {
		lease.Mask = net.IP{255, 255, 255, 0}
	}

	return lease, kind
}

// names writes hosts and resolv.conf where Talos 1.13 keeps them, and binds them over the read-only ones.
func names(lease *Lease) error {
	resolv := ""
	for _, server := range lease.DNS {
		resolv += "nameserver " + server.String() + "\n"
	}

	for name, text := range map[string]string{
		"hosts": "127.0.0.1 localhost\n::1 localhost\n", "resolv.conf": resolv,
	} {
		path := "/system/etc/" + name

		err := try(
			func() error { return os.MkdirAll("/system/etc", 0o755) },
			func() error { return os.WriteFile(path, []byte(text), 0o644) },
			func() error { return unix.Mount(path, "/etc/"+name, "", unix.MS_BIND, "") },
		)
		if err != nil {
			return fmt.Errorf("/etc/%s: %w", name, err)
		}
	}

	return nil
}
