"""What the LAN of the real machined has beside tests/vm's: a registry over plain HTTP, and the time."""
import http.server
import json
import os
import shutil
import socket
import ssl
import struct
import threading
import time

SINCE_1900 = 2208988800


def registry(folder, address, port, absent, chain=None):
    """Serves what images.py made, for every host that a mirror leads here, but the names in `absent`. The list of what
    was asked for. chain: (certificates, key) of a server that speaks TLS."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, text, *values):
            asked.append(text % values)

        def answer(self, status, kind, data=b"", path=None, digest=None):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(os.path.getsize(path) if path else len(data)))
            if digest:
                self.send_header("Docker-Content-Digest", digest)
            self.end_headers()
            if self.command == "GET" and path:
                with open(path, "rb") as source:
                    shutil.copyfileobj(source, self.wfile, 1 << 20)
            elif self.command == "GET":
                self.wfile.write(data)

        def do_GET(self):
            parts = self.path.split("?")[0].strip("/").split("/")  # v2, name ..., manifests or blobs, reference
            try:
                if parts == ["v2"]:
                    return self.answer(200, "application/json", b"{}")
                name, kind, reference = "_".join(parts[1:-2]), parts[-2], parts[-1]
                if name in absent:
                    raise KeyError(name)
                if kind == "manifests" and not reference.startswith("sha256:"):
                    with open(os.path.join(folder, "tags", name + "@" + reference)) as source:
                        reference = source.read()
                path = os.path.join(folder, "blobs", os.path.basename(reference[len("sha256:"):]))
                if kind == "manifests":
                    with open(path, "rb") as source:
                        data = source.read()
                    return self.answer(200, json.loads(data)["mediaType"], data, digest=reference)
                return self.answer(200, "application/octet-stream", path=path, digest=reference)
            except ConnectionError:  # who asked has gone: a pull that was begun anew
                self.close_connection = True
            except (OSError, IndexError, KeyError, ValueError):
                return self.answer(404, "application/json", b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')

        do_HEAD = do_GET

    server = http.server.ThreadingHTTPServer((address, port), Handler)
    server.daemon_threads = True
    if chain:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*chain)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return asked


def sntp(address):
    """Answers with this machine's clock (RFC 4330)."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 123))

    def serve():
        while True:
            asked, whence = server.recvfrom(512)
            now = time.time() + SINCE_1900
            stamp = struct.pack(">II", int(now), int(now % 1 * (1 << 32)))
            server.sendto(struct.pack(">BBBbII4s", 0x24, 2, 6, -20, 0, 0, b"LOCL") + stamp + asked[40:48] + stamp + stamp, whence)
    threading.Thread(target=serve, daemon=True).start()
