"""A DNS server for tests: UDP and TCP on one address, answers from a table.

    python3 tests/standin/dns.py ADDR:PORT 'JSON'

JSON: {NAME: {"a": [..], "aaaa": [..], "cname": NAME, "rcode": "nxdomain"|"servfail"|"refused",
"silent": true | N (first N queries), "truncate": true (UDP answers empty with TC), "delay": SECONDS | {TYPE: SECONDS},
"wrong_id": true, "broken": true (counts an answer that is not there), "raw_hex": BYTES, "pad": N (extra TXT-sized
additional bytes), "loop": true, "tcp": false (silent by TCP)}}. A name that is not in the table is NXDOMAIN; "*" is any
name. A CNAME's chain is put into one answer.
"""
import json
import socket
import struct
import sys
import threading
import time

TYPES = {1: "a", 28: "aaaa"}
RCODES = {"ok": 0, "formerr": 1, "servfail": 2, "nxdomain": 3, "refused": 5}


def encode_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".")) + b"\0"


def parse_question(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    kind, _ = struct.unpack(">HH", query[at + 1:at + 5])
    return ".".join(labels).lower(), kind, query[12:at + 5]


class Dns:
    def __init__(self, address, port, table):
        self.table, self.log, self.counts = table, [], {}
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, port))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind((address, self.port))
        self.tcp.listen(16)
        threading.Thread(target=self.serve_udp, daemon=True).start()
        threading.Thread(target=self.serve_tcp, daemon=True).start()

    def record(self, name, kind, value):
        if kind == "cname":
            code, data = 5, encode_name(value)
        elif kind == "a":
            code, data = 1, socket.inet_pton(socket.AF_INET, value)
        else:
            code, data = 28, socket.inet_pton(socket.AF_INET6, value)
        return encode_name(name) + struct.pack(">HHIH", code, 1, 60, len(data)) + data

    def answer(self, query, over_tcp):
        try:
            name, kind, question = parse_question(query)
        except (IndexError, struct.error):
            return None  # what is no question, no server answers
        entry = self.table.get(name, self.table.get("*", {"rcode": "nxdomain"}))
        count = self.counts[name] = self.counts.get(name, 0) + 1
        self.log.append({"name": name, "type": TYPES.get(kind, str(kind)), "tcp": over_tcp})
        silent = entry.get("silent", 0)
        if silent is True or count <= silent and silent or over_tcp and entry.get("tcp") is False:
            return None
        delay = entry.get("delay", 0)
        time.sleep(delay.get(TYPES.get(kind), 0) if isinstance(delay, dict) else delay)
        if "raw_hex" in entry:
            return query[:2] + bytes.fromhex(entry["raw_hex"])
        identity = struct.unpack(">H", query[:2])[0] ^ (0xffff if entry.get("wrong_id") else 0)
        records, rcode, here, target = [], RCODES[entry.get("rcode", "ok")], name, entry
        for _ in range(16):
            if "cname" not in target:
                break
            records.append(self.record(here, "cname", target["cname"]))
            here = target["cname"].lower()
            target = self.table.get(here, {"rcode": "nxdomain"})
            rcode = RCODES[target.get("rcode", "ok")]
        for value in target.get(TYPES.get(kind, ""), []):
            records.append(self.record(here, TYPES[kind], value))
        flags = 0x8180 | rcode
        body = b"".join(records)
        if entry.get("truncate") and not over_tcp:
            flags, body, records = flags | 0x0200, b"", []
        if rcode and not records:
            body = b""
        return struct.pack(">HHHHHH", identity, flags, 1, len(records) + bool(entry.get("broken")), 0, 0) + question + body

    def serve_udp(self):
        while True:
            query, peer = self.udp.recvfrom(4096)
            threading.Thread(target=self.one_udp, args=(query, peer), daemon=True).start()

    def one_udp(self, query, peer):
        reply = self.answer(query, False)
        if reply is not None:
            self.udp.sendto(reply, peer)

    def serve_tcp(self):
        while True:
            sock, _ = self.tcp.accept()
            threading.Thread(target=self.one_tcp, args=(sock,), daemon=True).start()

    def one_tcp(self, sock):
        with sock:
            sock.settimeout(10)
            stream = sock.makefile("rb")
            try:
                while True:
                    head = stream.read(2)
                    if len(head) < 2:
                        return
                    reply = self.answer(stream.read(struct.unpack(">H", head)[0]), True)
                    if reply is None:
                        time.sleep(10)
                        return
                    sock.sendall(struct.pack(">H", len(reply)) + reply)
            except OSError:
                return


def main():
    if len(sys.argv) != 3:
        sys.stdout.write(__doc__)
        return 2
    address, _, port = sys.argv[1].rpartition(":")
    print(Dns(address, int(port), json.loads(sys.argv[2])).port, flush=True)
    while sys.stdin.read(4096):
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
