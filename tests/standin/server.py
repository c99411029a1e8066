"""A small HTTPS/1.1 server whose every byte can be placed: TLS in memory, faults by name, a log.

TLS runs over ssl.MemoryBIO, so that plaintext can be cut into TLS records and ciphertext into TCP segments
at chosen places, and a connection can end with or without close_notify. One thread a connection.

A response is built by the application as a Reply; a fault (dict) can change it on the way out:

    status, headers {name: value|null}, body (text or JSON), cookies N, delay SECONDS
    interim [100, 103]              1xx heads first
    chunked [sizes] or true         Transfer-Encoding: chunked, sizes used in turn; chunk_ext, trailer (text)
    no_length true                  body ends with the connection
    raw "text"                      these bytes (latin-1) and nothing else
    close "before" | "after-headers" | "mid-body" | "after" | "truncate" | "reset"
                                    truncate: whole reply, then the TCP end without close_notify

Settings of a listener: chain (kind of pki.py), tls_min, tls_max, ciphers, curve (OpenSSL's name), ask_client (true: a
client certificate is asked for; "required": demanded), records N (plaintext bytes in a record), tcp N (ciphertext bytes
in a segment), record_split K and tcp_split K (one cut at byte K of what the connection sends), pause (seconds between
pieces), goodbye (close_notify behind the handshake), drop_after N with drop "announce" | "close" | "truncate" |
"reset", no_accept (listen, never answer), bare (Content-Type and framing headers only), hello VERSION (answer the
ClientHello with a ServerHello of this version, as hex "0302", and nothing after: OpenSSL's own 1.1 server finds no
common suite first and sends an alert instead), first "text" (say this, latin-1, before any TLS), refuse {"hello": N}
(TLS alert N for an answer), {"key": N} (the same behind the client's key exchange) or {"session": N} (the same for a
hello that offers to resume a session).
"""
import _ssl
import ctypes
import errno
import json
import socket
import ssl
import struct
import threading
import time

REASONS = {100: "Continue", 102: "Processing", 103: "Early Hints", 200: "OK", 301: "Moved Permanently",
           302: "Found", 304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
           404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 429: "Too Many Requests",
           500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
MAX_HEAD = 64 * 1024
MAX_BODY = 256 * 1024
IDLE = 30.0


class Ended(Exception):
    """The connection is over; the text says why."""


class Reply:
    def __init__(self, status, body, headers=()):
        self.status = status
        self.body = body if isinstance(body, bytes) else body.encode()
        self.headers = list(headers)

    @staticmethod
    def json(status, value, headers=()):
        return Reply(status, json.dumps(value, separators=(",", ":")),
                     [("Content-Type", "application/json; charset=utf-8")] + list(headers))


class Request:
    def __init__(self, method, target, headers, body, connection):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.path, _, self.query = target.partition("?")
        self.connection = connection

    def header(self, name):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None


class Log:
    """JSON lines in memory and, if asked, in a file. Holds names and sizes, never a body or a header's value."""

    def __init__(self, path=None):
        self.entries = []
        self.lock = threading.Lock()
        self.file = open(path, "a", buffering=1) if path else None

    def add(self, event, **fields):
        entry = dict(t=event, at=round(time.monotonic(), 6), **fields)
        with self.lock:
            self.entries.append(entry)
            if self.file:
                self.file.write(json.dumps(entry) + "\n")

    def clear(self):
        with self.lock:
            self.entries = []


def apply_fault(reply, fault):
    """The reply with what the fault says about its content."""
    if "status" in fault:
        reply.status = fault["status"]
    if "body" in fault:
        body = fault["body"]
        reply.body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    for name, value in fault.get("headers", {}).items():
        reply.headers = [pair for pair in reply.headers if pair[0].lower() != name.lower()]
        if value is not None:
            reply.headers.append((name, str(value)))
    for number in range(fault.get("cookies", 0)):
        reply.headers.append(("Set-Cookie", "c%02d=%s; path=/; secure; HttpOnly; SameSite=None" % (number, "v" * 160)))
    return reply


def encode(reply, fault, head_only=False):
    """Head and body bytes as they go on the wire."""
    headers, body = list(reply.headers), reply.body
    chunked = fault.get("chunked")
    if chunked:
        sizes, pieces, at = chunked if isinstance(chunked, list) else [len(body) or 1], [], 0
        turn = 0
        while at < len(body):
            size = max(1, sizes[turn % len(sizes)])
            piece = body[at:at + size]
            pieces.append(b"%x%s\r\n%s\r\n" % (len(piece), fault.get("chunk_ext", "").encode(), piece))
            at, turn = at + size, turn + 1
        body = b"".join(pieces) + b"0\r\n" + fault.get("trailer", "").encode() + b"\r\n"
        headers.append(("Transfer-Encoding", "chunked"))
    elif not fault.get("no_length") and not any(name.lower() == "content-length" for name, _ in headers):
        headers.append(("Content-Length", str(len(body))))
    interim = b"".join(b"HTTP/1.1 %d %s\r\n%s\r\n" % (code, REASONS.get(code, "Interim").encode(),
                                                      b"Link: </x>; rel=preload\r\n" if code == 103 else b"")
                       for code in fault.get("interim", []))
    head = "HTTP/1.1 %d %s\r\n" % (reply.status, REASONS.get(reply.status, "Status"))
    head += "".join("%s: %s\r\n" % pair for pair in headers) + "\r\n"
    return interim + head.encode("utf-8"), b"" if head_only else body


class Connection:
    """One accepted socket: handshake, requests, replies, end."""

    def __init__(self, listener, sock, number):
        self.listener, self.sock, self.number = listener, sock, number
        self.settings = listener.settings()
        self.app_bytes = self.requests = self.sent_plain = self.sent_cipher = 0
        self.sni = None
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = None
        self.plain = b""

    # -- ciphertext

    def flush(self):
        data = self.outgoing.read()
        if not data:
            return
        size, cut = self.settings.get("tcp", 0), self.settings.get("tcp_split")
        pieces = [data]
        if cut is not None and self.sent_cipher < cut < self.sent_cipher + len(data):
            pieces = [data[:cut - self.sent_cipher], data[cut - self.sent_cipher:]]
        elif size:
            pieces = [data[at:at + size] for at in range(0, len(data), size)]
        self.sent_cipher += len(data)
        for index, piece in enumerate(pieces):
            if index:
                time.sleep(self.settings.get("pause", 0.0005))
            self.sock.sendall(piece)

    def feed(self):
        data = self.sock.recv(65536)
        if not data:
            raise Ended("eof")
        self.incoming.write(data)

    def pump(self, operation, *args):
        while True:
            try:
                result = operation(*args)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                self.feed()

    def old_hello(self, version):
        """RFC 5246 section 7.4.1.3: random, no session, ECDHE-RSA-AES128-GCM-SHA256, no compression."""
        self.sock.recv(65536)
        body = version + bytes(range(32)) + b"\0" + b"\xc0\x2f" + b"\0"
        message = b"\x02" + len(body).to_bytes(3, "big") + body
        self.sock.sendall(b"\x16" + version + len(message).to_bytes(2, "big") + message)
        while self.sock.recv(65536):
            pass
        raise Ended("hello")

    def alert(self, number):
        self.sock.sendall(bytes([0x15, 3, 3, 0, 2, 2, number]))
        raise Ended("alert %d" % number)

    def refuse(self, when):
        """What a server does that wants something of the hello which is not in it. RFC 5246 section 7.4.1.2: version,
        random, and the session that is offered, behind the heads of record and message."""
        data = b""
        while len(data) < 44:
            more = self.sock.recv(65536)
            if not more:
                raise Ended("eof")
            data += more
        if "hello" in when:
            self.alert(when["hello"])
        if "session" in when and data[43]:
            self.alert(when["session"])
        self.incoming.write(data)
        if "key" in when:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.flush()
            self.sock.recv(65536)
            self.alert(when["key"])

    # -- plaintext

    def send(self, data):
        cut, size = self.settings.get("record_split"), self.settings.get("records", 16384)
        pieces, at = [], 0
        while at < len(data):
            end = min(len(data), at + size)
            if cut is not None and self.sent_plain + at < cut < self.sent_plain + end:
                end = cut - self.sent_plain
            pieces.append(data[at:end])
            at = end
        paused = cut is not None or size < 16384
        for index, piece in enumerate(pieces):
            if index and paused and self.settings.get("pause"):
                time.sleep(self.settings["pause"])
            self.pump(self.tls.write, piece)
        self.sent_plain += len(data)

    def more(self):
        data = self.pump(self.tls.read, 65536)
        if not data:
            raise Ended("close_notify")
        self.app_bytes += len(data)
        self.plain += data

    def read_request(self):
        while b"\r\n\r\n" not in self.plain:
            if len(self.plain) > MAX_HEAD:
                raise Ended("head too large")
            self.more()
        head, _, rest = self.plain.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        parts = lines[0].split(" ")
        if len(parts) != 3 or parts[2] != "HTTP/1.1":
            raise Ended("request line %r" % lines[0][:40])
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise Ended("header line")
            headers.append((name, value.strip()))
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        length = int(lengths[0]) if lengths else 0
        if length > MAX_BODY:
            raise Ended("body too large")
        while len(rest) < length:
            self.more()
            rest = self.plain.partition(b"\r\n\r\n")[2]
        self.plain = rest[length:]
        return Request(parts[0], parts[1], headers, rest[:length], self)

    # -- ends

    def end(self, how):
        try:
            if how == "reset":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if how != "truncate" and self.tls is not None:
                try:
                    self.tls.unwrap()
                except ssl.SSLError:
                    pass
                self.flush()
            self.sock.shutdown(socket.SHUT_WR)
            self.sock.settimeout(1.0)
            while self.sock.recv(65536):
                pass
        except OSError:
            pass

    def respond(self, request):
        server = self.listener.server
        fault = server.fault_for(self.listener.role, request)
        if fault.get("delay"):
            time.sleep(fault["delay"])
        reply = server.handle(self.listener.role, request)
        if self.settings.get("bare"):
            reply.headers = [pair for pair in reply.headers if pair[0] in ("Content-Type", "WWW-Authenticate")]
        reply = apply_fault(reply, fault)
        self.requests += 1
        drop_after, drop = self.settings.get("drop_after"), self.settings.get("drop", "close")
        last = drop_after is not None and self.requests >= drop_after
        if (last and drop == "announce") or (request.header("Connection") or "").lower() == "close":
            reply.headers.append(("Connection", "close"))
            last = True
        server.log.add("request", conn=self.number, role=self.listener.role, host=request.header("Host"),
                       method=request.method, path=request.path, query=request.query,
                       headers=[name for name, _ in request.headers], body_bytes=len(request.body),
                       status=reply.status, app_bytes=self.app_bytes, fault=bool(fault))
        close = fault.get("close")
        if close == "before":
            raise Ended("truncate")
        if "raw" in fault:
            self.send(fault["raw"].encode("latin-1"))
            raise Ended(close or "after")
        head, body = encode(reply, fault, request.method == "HEAD")
        if close == "after-headers":
            self.send(head)
            raise Ended("truncate")
        if close == "mid-body":
            self.send(head + body[:len(body) // 2])
            raise Ended("truncate")
        self.send(head + body)
        if close or fault.get("no_length"):
            raise Ended(close or "after")
        if last:
            raise Ended({"announce": "after", "close": "after"}.get(drop, drop))

    def run(self):
        log, role, why = self.listener.server.log, self.listener.role, "after"
        log.add("open", conn=self.number, role=role)
        try:
            self.sock.settimeout(IDLE)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.settings.get("no_accept"):
                while self.sock.recv(65536):
                    pass
                raise Ended("silent")
            if self.settings.get("first"):
                self.sock.sendall(self.settings["first"].encode("latin-1"))
            if self.settings.get("hello"):
                self.old_hello(bytes.fromhex(self.settings["hello"]))
            context = self.listener.context(self.settings, self)
            self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
            if self.settings.get("refuse"):
                self.refuse(self.settings["refuse"])
            if self.settings.get("goodbye"):
                while True:
                    try:
                        self.tls.do_handshake()
                        break
                    except ssl.SSLWantReadError:
                        self.flush()
                        self.feed()
                try:
                    self.tls.unwrap()
                except ssl.SSLError:
                    pass
                self.flush()
                raise Ended("goodbye")
            self.pump(self.tls.do_handshake)
            log.add("tls", conn=self.number, role=role, version=self.tls.version(), cipher=self.tls.cipher()[0],
                    sni=self.sni, alpn=self.tls.selected_alpn_protocol())
            while True:
                self.respond(self.read_request())
        except Ended as ended:
            why = str(ended)
        except ssl.SSLError as error:
            why = "tls: %s" % (error.reason or error)
            try:
                self.flush()
            except OSError:
                pass
        except socket.timeout:
            why = "idle"
        except OSError as error:
            why = "socket: %s" % errno.errorcode.get(error.errno, error.errno)
        self.end(why)
        log.add("close", conn=self.number, role=role, app_bytes=self.app_bytes, requests=self.requests,
                sent_plain=self.sent_plain, sent_cipher=self.sent_cipher, why=why)
        self.sock.close()


def agree_on(context, curve):
    """One curve for the key exchange. Python 3.11.2 looks among NIST's alone; OpenSSL's own list has the rest."""
    try:
        context.set_ecdh_curve(curve)
    except ssl.SSLError:
        library = ctypes.CDLL(_ssl.__file__)
        library.SSL_CTX_ctrl.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_char_p]
        pointer = ctypes.c_void_p.from_address(id(context) + object.__basicsize__)
        set_groups_list = 92
        if library.SSL_CTX_ctrl(pointer, set_groups_list, 0, curve.encode()) != 1:
            raise


class Listener:
    def __init__(self, server, role, address, port):
        self.server, self.role = server, role
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.sock.bind((address, port))
        self.sock.listen(1024)  # a rack of boxes comes at once
        self.port = self.sock.getsockname()[1]

    def settings(self):
        return self.server.settings(self.role)

    def context(self, settings, connection):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers(settings.get("ciphers", "ECDHE+AESGCM"))
        versions = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1,
                    "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
        if settings.get("curve"):
            agree_on(context, settings["curve"])
        context.minimum_version = versions[settings.get("tls_min", "1.2")]
        context.maximum_version = versions[settings.get("tls_max", "1.3")]
        if settings.get("alpn"):
            context.set_alpn_protocols(settings["alpn"])
        if settings.get("ask_client"):
            context.load_verify_locations(self.server.pki.roots())
            context.verify_mode = ssl.CERT_REQUIRED if settings["ask_client"] == "required" else ssl.CERT_OPTIONAL
        context.load_cert_chain(*self.server.pki.chain(settings.get("chain", "good")))

        def named(_, name, __):
            connection.sni = name
        context.sni_callback = named
        return context

    def serve(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            connection = Connection(self, sock, self.server.next_connection())
            threading.Thread(target=connection.run, daemon=True).start()


class Server:
    """Listeners over one application. Subclasses give handle(role, request), settings(role), fault_for()."""

    def __init__(self, pki, log):
        self.pki, self.log = pki, log
        self.listeners, self.count, self.lock = [], 0, threading.Lock()

    def next_connection(self):
        with self.lock:
            self.count += 1
            return self.count

    def listen(self, role, address, port):
        listener = Listener(self, role, address, port)
        self.listeners.append(listener)
        threading.Thread(target=listener.serve, daemon=True).start()
        return listener.port

    def stop(self):
        for listener in self.listeners:
            try:
                listener.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.sock.close()
