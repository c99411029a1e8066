"""Network boot: a directory to serve, and a server for it beside the router's own DHCP.

Sources: iPXE (kernel, initrd; relative names are taken from where the script came), dnsmasq(8) --pxe-service and
proxy mode. Debian's iPXE hands the initrd to a UEFI kernel by name, hence initrd= on its line.
"""
import functools
import http.server
import ipaddress
import json
import os
import re
import shlex
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading

import segment
import sitelayer
import talos
from common import HALF, Stop, read, replace, replaceable, say, tool, write

FILES = ("boot.ipxe", "vmlinuz", "initramfs.img")
LOADERS = {"undionly.kpxe": "BIOS", "ipxe.efi": "UEFI"}
IPXE = "/usr/lib/ipxe"
MARK = "credential-of"  # what the directory holds that nobody else may have, one a line; never served
ALL = FILES + tuple(LOADERS) + (MARK,)


def script(args):
    return ("#!ipxe\n"
            "# Loaded from where this file lies; a static copy of it can be served by any web server.\n"
            "echo hearth: Talos and hearth from the network\n"
            "kernel vmlinuz %s initrd=initramfs.img\n"
            "initrd initramfs.img\n"
            "boot\n" % " ".join(args))


def who_can_fetch(holds):
    if holds and all(what.startswith(HALF) for what in holds):
        return ("Everyone who reaches this server can fetch initramfs.img and take %s out of it, the box too: while it is served, "
                "root on that box, or whoever has the box, has the whole login." % " and ".join(holds))
    if holds:
        return ("Everyone who reaches this server, every box and every guest on the LAN, can fetch initramfs.img and take "
                "%s out of it." % " and ".join(holds))
    return ("Everyone on the LAN can fetch these files: they hold the site (names, addresses, manifests) and no credential. "
            "A box can log in by device code; CREDENTIAL=1 puts the roles' credentials in, for a LAN that is yours alone.")


def build(settings, work):
    """`make pxe`."""
    settings.need("SITE", "SITE=DIR is your homelab repository")
    folder, new = os.path.join(settings.out, "pxe"), os.path.join(work, "pxe")
    replaceable(folder, ALL)
    args = talos.arguments(settings, settings.get("TALOS"))
    site = sitelayer.collect(settings, work, settings.flag("CREDENTIAL", False))
    sitelayer.describe(site)
    kernel, base = talos.assets(settings)
    initramfs = segment.attach(settings, work, base, settings.get("INITRAMFS") or talos.INITRAMFS, site)
    write(os.path.join(new, "vmlinuz"), kernel)
    write(os.path.join(new, "initramfs.img"), initramfs, secret=bool(site.holds))
    write(os.path.join(new, "boot.ipxe"), script(args).encode())
    for name in LOADERS:
        write(os.path.join(new, name), read(os.path.join(IPXE, name)))
    if site.holds:
        write(os.path.join(new, MARK), ("\n".join(site.holds) + "\n").encode(), secret=True)
    replace(folder, new, work, ALL)
    say("kernel arguments: " + " ".join(args))
    say(who_can_fetch(site.holds))
    say("Serve it beside your router's DHCP, as root: make pxe-serve IF=eth0%s"
        % ("" if settings.out == "out" else " OUT=" + shlex.quote(settings.out)))
    rows = [("initramfs.img", "Talos's initramfs with hearth", site.holds), ("vmlinuz", "its kernel", []),
            ("boot.ipxe", "what iPXE runs", [])]
    rows += [(name, "iPXE for %s firmware" % kind, []) for name, kind in LOADERS.items()]
    return [(os.path.join(folder, name), about, holds) for name, about, holds in rows]


class Handler(http.server.BaseHTTPRequestHandler):
    """Gives out the three files and nothing else; no listing."""
    protocol_version = "HTTP/1.1"
    timeout = 120  # of a peer that says nothing and takes nothing
    server_version, sys_version = "hearth", ""

    def __init__(self, folder, *args):
        self.folder = folder
        super().__init__(*args)

    def handle(self):
        """A loader that hangs up has what it wants, or asks again."""
        try:
            super().handle()
        except ConnectionError:
            pass

    def answer(self, with_body):
        name = self.path.lstrip("/")
        if name not in FILES:
            self.send_error(404)
            return
        try:
            source = open(os.path.join(self.folder, name), "rb")
        except OSError:  # `make pxe` is at work
            self.send_error(503)
            return
        with source:
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(os.fstat(source.fileno()).st_size))
            self.end_headers()
            if with_body:
                shutil.copyfileobj(source, self.wfile, 1 << 20)

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)

    def log_message(self, format, *args):
        """A stranger's words: what moves a terminal's cursor, or colours it, is escaped."""
        say("%s %s" % (self.client_address[0], ascii(format % args)[1:-1]))


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    address_family = socket.AF_INET


def address_of(interface):
    """(address, network) of an interface's first IPv4 address."""
    try:
        rows = json.loads(tool(["ip", "-j", "-4", "addr", "show", "dev", interface]) or b"[]")
    except Stop:
        raise Stop("IF=%s: there is no such interface; `ip -br link` lists them" % interface)
    for row in rows:
        for info in row.get("addr_info", []):
            if info.get("scope") != "link" and not info["local"].startswith("127."):
                return info["local"], ipaddress.ip_network("%s/%d" % (info["local"], info["prefixlen"]), strict=False)
    raise Stop("IF=%s has no IPv4 address" % interface)


def dnsmasq(interface, address, network, port, tftp):
    """Its command line: proxy DHCP adds the boot file to what the router answers and gives out no address of its
    own."""
    url = "http://%s:%d/boot.ipxe" % (address, port)
    args = ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--port=0", "--user=nobody",
            "--interface=" + interface, "--bind-interfaces", "--except-interface=lo", "--leasefile-ro",
            "--dhcp-range=%s,proxy,%s" % (network.network_address, network.netmask), "--enable-tftp", "--tftp-root=" + tftp,
            "--tftp-no-fail", "--dhcp-match=set:ipxe,175", "--pxe-prompt=hearth,0"]
    for architecture, loader in (("x86PC", "undionly.kpxe"), ("BC_EFI", "ipxe.efi"), ("X86-64_EFI", "ipxe.efi")):
        args.append("--pxe-service=tag:!ipxe,%s,hearth,%s" % (architecture, loader))
        args.append("--pxe-service=tag:ipxe,%s,hearth,%s" % (architecture, url))
    return args


def port_of(settings):
    text = settings.get("PORT") or "8080"
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise Stop("PORT=%s: must be a number from 1 to 65535" % text)
    return int(text)


def serve(settings):
    """`make pxe-serve`: until it is interrupted."""
    interface = settings.need("IF", "IF=eth0 is the interface on the boxes' LAN")
    port = port_of(settings)
    folder = os.path.join(settings.out, "pxe")
    for name in FILES + tuple(LOADERS):
        if not os.path.isfile(os.path.join(folder, name)):
            raise Stop("%s is not there: run make pxe SITE=DIR first" % os.path.relpath(os.path.join(folder, name)))
    if os.geteuid() != 0:
        more = "".join(" %s=%s" % (name, settings.get(name)) for name in ("PORT", "OUT")
                       if settings.get(name) and settings.get(name) != "out")
        raise Stop("ports 67, 69 and 4011 need root: sudo make pxe-serve IF=%s%s" % (interface, more))
    address, network = address_of(interface)
    mark = os.path.join(folder, MARK)
    holds = read(mark).decode().splitlines() if os.path.isfile(mark) else []
    tftp = tempfile.mkdtemp(prefix="hearth-tftp-")  # the project may lie where nobody may look
    os.chmod(tftp, 0o755)
    child = None
    try:
        for name in LOADERS:
            shutil.copyfile(os.path.join(folder, name), os.path.join(tftp, name))
        try:
            server = Server((address, port), functools.partial(Handler, folder))
        except OSError as error:
            raise Stop("%s port %d: %s (PORT= takes another)" % (address, port, error.strerror))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        say(who_can_fetch(holds))
        say("serving %s at http://%s:%d/boot.ipxe, and network boot on %s (%s) beside the router's DHCP; Ctrl-C ends it"
            % (os.path.relpath(folder), address, port, interface, network))
        child = subprocess.Popen(dnsmasq(interface, address, network, port, tftp), stdin=subprocess.DEVNULL)
        status = child.wait()
        if status != 0:
            raise Stop("dnsmasq ended with %d; its own words are above" % status)
    except KeyboardInterrupt:
        say("stopped")
    finally:
        if child and child.poll() is None:
            child.terminate()
            child.wait()
        shutil.rmtree(tftp, ignore_errors=True)
