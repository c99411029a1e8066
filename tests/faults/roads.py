"""Bad roads to a good server: a relay that cuts TLS at a named message, a host that drops or resets what comes.

A relay passes on what the two ends say until the message that is named, or half of it, and closes then. Messages of the
handshake are told apart as long as they are in the clear (RFC 5246 section 7.4); behind ChangeCipherSpec the first
record is Finished and the next ones are data.
"""
import fcntl
import socket
import struct
import threading

NAMES = {1: "ClientHello", 2: "ServerHello", 4: "NewSessionTicket", 11: "Certificate", 12: "ServerKeyExchange",
         14: "ServerHelloDone", 16: "ClientKeyExchange"}
CHANGE, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
CUT, BLACK, RESET, GONE, NOWHERE = "198.18.4.1", "198.18.4.2", "198.18.4.3", "198.18.9.8", "192.0.2.1"
MUTE = "fd00::4:1"
# tests/standin/world.py's
STAND_LOGIN, STAND_VAULT = "198.18.1.1", "198.18.1.2"
SIOCSIFADDR, IP_FREEBIND = 0x8916, 15


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Side:
    """What one end sends, in records and messages."""

    def __init__(self, who):
        self.who, self.pending, self.changed, self.finished = who, b"", False, False

    def messages(self, kind, body):
        """(name, end of the message in the record's body)"""
        if kind == CHANGE:
            self.changed = True
            return [("ChangeCipherSpec", len(body))]
        if kind == HANDSHAKE and self.changed:
            self.finished = True
            return [("Finished", len(body))]
        if kind != HANDSHAKE:
            return [("data" if kind == DATA else "alert", len(body))]
        found, at = [], 0
        while at + 4 <= len(body):
            end = at + 4 + int.from_bytes(body[at + 1:at + 4], "big")
            found.append((NAMES.get(body[at], "?"), min(end, len(body))))
            at = end
        return found


class Cutter:
    """A relay to (address, port); cut = (who, message, "half" | "after" | "reset") or None: half of the message is
    passed on, or all of it, or nothing and the connection is reset."""

    def __init__(self, address, there):
        self.there, self.cut, self.cuts = there, None, 0
        self.server = socket.socket()
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind((address, 443))
        self.server.listen(32)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.server.accept()
            upstream = socket.create_connection(self.there)
            for who, source, target in (("client", client, upstream), ("server", upstream, client)):
                threading.Thread(target=self.relay, args=(Side(who), source, target, client, upstream), daemon=True).start()

    def relay(self, side, source, target, client, upstream):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    if not self.cut:
                        target.shutdown(socket.SHUT_WR)
                    return
                side.pending += data
                while len(side.pending) >= 5:
                    size = 5 + int.from_bytes(side.pending[3:5], "big")
                    if len(side.pending) < size:
                        break
                    record, side.pending = side.pending[:size], side.pending[size:]
                    keep = self.kept(side, record)
                    target.sendall(record[:keep])
                    if side.over:
                        self.cuts += 1
                        self.end(client, upstream)
                        return
        except OSError:
            pass

    def kept(self, side, record):
        """How many bytes of a record are passed on."""
        side.over = False
        if self.cut is None or self.cut[0] != side.who:
            return len(record)
        begin = 0
        for name, end in side.messages(record[0], record[5:]):
            if name == self.cut[1]:
                side.over = True
                return {"reset": 0, "half": 5 + (begin + end) // 2, "after": 5 + end}[self.cut[2]]
            begin = end
        return len(record)

    def end(self, client, upstream):
        """The client reads the end first: what it still sends is taken, so that no reset comes before."""
        upstream.shutdown(socket.SHUT_RDWR)
        if self.cut[2] == "reset":
            client.shutdown(socket.SHUT_RD)  # the other thread lets go of it
            reset(client)
            client.close()
            return
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass


def black_hole(address):
    """Nobody accepts and the queue is full: what else comes is dropped. Keep what is returned."""
    server = socket.socket()
    server.bind((address, 443))
    server.listen(0)
    fill = []
    for _ in range(3):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex((address, 443))
        fill.append(sock)
    return [server] + fill


def mute(address):
    """Connections come about, and nothing is ever said: what a hole in the path's MTU leaves of a server. Keep what is
    returned; an address of IPv6, which lo is given."""
    server = socket.socket(socket.AF_INET6)
    server.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)  # the address is there in a moment
    fcntl.ioctl(server, SIOCSIFADDR, struct.pack("16sIi", socket.inet_pton(socket.AF_INET6, address), 128, socket.if_nametoindex("lo")))
    server.bind((address, 443))
    server.listen(512)
    return server


def resetting(address):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, 443))
    server.listen(8)

    def serve():
        while True:
            sock, _ = server.accept()
            reset(sock)
            sock.close()

    threading.Thread(target=serve, daemon=True).start()
