"""A TCP and UDP relay that adds a round-trip time and counts round trips.

    python3 tests/standin/delayproxy.py RTT_MS tcp:ADDR:PORT=ADDR:PORT [udp:ADDR:PORT=ADDR:PORT ...]

It relays until standard input closes, then prints one JSON line:
    {"depth": N, "connections": [{"to", "turns", "up", "down"}, ...], "datagrams": N}

`turns` of a connection: how often bytes to the client followed bytes from it, plus one for the TCP
handshake. `depth` is the longest chain of round trips over all connections and datagrams: what is sent
after an answer has been delivered comes one later than that answer, so that overlapping exchanges count once.
The handshake happens in the kernel at once; its time is added to the first bytes instead.
"""
import json
import os
import socket
import sys
import threading
import time


class Clock:
    """The chain of round trips that a client has seen answered so far."""

    def __init__(self):
        self.level, self.lock = 0, threading.Lock()

    def now(self):
        with self.lock:
            return self.level

    def reached(self, level):
        with self.lock:
            self.level = max(self.level, level)


def pair(text):
    address, _, port = text.rpartition(":")
    return address, int(port)


class Relay:
    def __init__(self, rtt):
        self.half, self.clock = rtt / 2.0, Clock()
        self.connections, self.datagrams = [], 0

    def tcp(self, here, there):
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(here)
        server.listen(64)
        threading.Thread(target=self.accept, args=(server, there), daemon=True).start()

    def accept(self, server, there):
        while True:
            client, _ = server.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            entry = {"to": "%s:%d" % there, "turns": 1, "up": 0, "down": 0, "syn": self.clock.now() + 1, "arrived": 0,
                     "up_last": False}
            self.connections.append(entry)
            upstream = socket.create_connection(there)
            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for args in ((client, upstream, entry, True), (upstream, client, entry, False)):
                threading.Thread(target=self.pump, args=args, daemon=True).start()

    def pump(self, source, sink, entry, upward):
        """Carry one direction. Each piece has a tag: its place in the chain of round trips. An answer's is that of the
        last request that had arrived when the answer was made, so that what is pipelined behind it does not count."""
        queue, ready = [], threading.Condition()

        def deliver():
            while True:
                with ready:
                    while not queue:
                        ready.wait()
                    due, data, tag = queue.pop(0)
                wait = due - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                try:
                    if not data:
                        sink.shutdown(socket.SHUT_WR)
                        return
                    if upward:
                        entry["arrived"] = max(entry["arrived"], tag)
                    else:
                        self.clock.reached(tag)
                    sink.sendall(data)
                except OSError:
                    return

        threading.Thread(target=deliver, daemon=True).start()
        first = True
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            due, tag = time.monotonic() + self.half, entry["arrived"]
            if upward and data:
                tag = max(entry["syn"] if first else 0, self.clock.now()) + 1
                if first:
                    due, first = due + 2 * self.half, False
                entry["up_last"] = True
                entry["up"] += len(data)
            elif data:
                entry["turns"] += entry["up_last"]
                entry["up_last"] = False
                entry["down"] += len(data)
            with ready:
                queue.append((due, data, tag))
                ready.notify()
            if not data:
                return

    def udp(self, here, there):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(here)
        threading.Thread(target=self.datagram_loop, args=(server, there), daemon=True).start()

    def datagram_loop(self, server, there):
        while True:
            data, peer = server.recvfrom(4096)
            self.datagrams += 1
            threading.Thread(target=self.datagram, args=(server, there, data, peer, self.clock.now() + 1),
                             daemon=True).start()

    def datagram(self, server, there, data, peer, depth):
        time.sleep(self.half)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
            upstream.settimeout(10)
            upstream.sendto(data, there)
            try:
                reply = upstream.recv(4096)
            except OSError:
                return
        time.sleep(self.half)
        self.clock.reached(depth)
        server.sendto(reply, peer)

    def report(self):
        return {"depth": self.clock.now(), "datagrams": self.datagrams,
                "connections": [{key: entry[key] for key in ("to", "turns", "up", "down")}
                                for entry in self.connections]}


def main():
    if len(sys.argv) < 3:
        sys.stdout.write(__doc__)
        return 2
    relay = Relay(float(sys.argv[1]) / 1000)
    for argument in sys.argv[2:]:
        kind, _, rest = argument.partition(":")
        here, _, there = rest.partition("=")
        getattr(relay, {"tcp": "tcp", "udp": "udp"}[kind])(pair(here), pair(there))
    print("ready", flush=True)
    while os.read(0, 4096):
        pass
    print(json.dumps(relay.report()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
