"""The vault client against servers that none of us wrote: front ends, name servers and a token server.

Behind the front ends is the stand-in, so that the right values are known. What an independent server does is what is
tested here: how it ends connections, renegotiates, refuses and words its DNS answers. Servers are Debian's
(house.py), and npm's; each is a case or two, and what is not to be had is said.
"""
import base64
import os
import socket
import subprocess
import threading
import time

import boot
import bundle
import house
import kit as kit_module
import tpm
import world

NEEDS, WANTS = ("world",), ("debian", "npm", "go")
LOGIN, VAULT = "login.microsoftonline.com", kit_module.VAULT
STAND_LOGIN, STAND_VAULT, FRONT, RESOLVER = world.LOGIN, world.VAULT, "198.18.4.1", "127.0.4.53"
RAW = 0x159  # TPM2_RSA_Decrypt
VALUES = {"value-%02d" % i: "of-the-vault-%02d-%s" % (i, "x" * (i * 97 % 900)) for i in range(22)}
MANIFEST = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: many\n  namespace: flux-system\ndata:\n" + "".join(
    "  %s: !base64 {secret: %s}\n" % (name, name) for name in VALUES)

NGINX = """\
daemon off; master_process off; pid %(where)s/pid; error_log stderr; events {}
http {
  access_log off;
  limit_req_zone $server_name zone=few:1m rate=20r/s;
  %(paths)s
  server {
    listen %(front)s:443 ssl; ssl_certificate %(chain)s; ssl_certificate_key %(key)s;
    %(more)s
    location / { proxy_pass https://%(vault)s; proxy_set_header Host $host; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
"""
NGINX_PATHS = " ".join("%s_temp_path %%(where)s/%s;" % (name, name) for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
APACHE = """\
ServerRoot %(where)s
PidFile %(where)s/pid
DefaultRuntimeDir %(where)s
ErrorLog %(where)s/log
User www-data
Group www-data
ServerName %(name)s
""" + "".join("LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n" % (name, name)
              for name in ("mpm_event", "authz_core", "ssl", "proxy", "proxy_http")) + """\
Listen %(front)s:443
<VirtualHost *:443>
  SSLEngine on
  SSLProtocol TLSv1.2
  SSLCertificateFile %(chain)s
  SSLCertificateKeyFile %(key)s
  SSLProxyEngine on
  SSLProxyVerify none
  SSLProxyCheckPeerName off
  ProxyPreserveHost On
  ProxyPass / https://%(vault)s/
  %(more)s
</VirtualHost>
"""
HAPROXY = """\
global
  maxconn 64
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  %(more)s
frontend f
  bind %(front)s:443 ssl crt %(pem)s
  default_backend b
backend b
  server s %(vault)s:443 ssl verify none sni str(%(name)s)
"""
UNBOUND = """\
server:
  interface: %(resolver)s
  access-control: 127.0.0.0/8 %(access)s
  do-daemonize: no
  chroot: ""
  username: ""
  directory: %(where)s
  pidfile: ""
  use-syslog: no
  module-config: "iterator"
  local-zone: "microsoftonline.com." static
  local-data: "%(login_name)s. A %(login)s"
  local-zone: "vault.azure.net." %(zone)s
  %(data)s
remote-control:
  control-enable: no
"""


class Peers:
    def __init__(self, kit):
        self.kit, self.where = kit, kit.directory("peers")
        self.chain, self.key = kit.world.keys.chain("good")
        self.etc = {name: open("/etc/" + name).read() for name in ("hosts", "resolv.conf")}
        self.house = house.House(kit, self.where, os.path.dirname(self.chain)) if kit.debian else None
        self.ran = []
        text = bundle.to_yaml(bundle.talos_bundle(2048))
        self.secrets = {name: text for kind in kit_module.NODES for name in kit.bundle_names(kit.base(kind))}
        kit.serve(dict(self.secrets, **VALUES))
        self.pem = kit.write(os.path.join(self.where, "pem"), open(self.chain).read() + open(self.key).read())

    def files(self, **given):
        return dict({"where": self.where, "front": FRONT, "vault": STAND_VAULT, "login": STAND_LOGIN, "resolver": RESOLVER, "name": VAULT,
                     "login_name": LOGIN, "chain": self.chain, "key": self.key, "pem": self.pem, "more": "", "data": "", "zone": "static",
                     "access": "allow", "paths": NGINX_PATHS % {"where": self.where}}, **given)

    def etc_file(self, name, text):
        """In place: it is bound to /etc."""
        with open("/etc/" + name, "r+") as out:
            out.seek(0)
            out.write(text)
            out.truncate()

    def hosts(self, **addresses):
        self.etc_file("hosts", "127.0.0.1 localhost\n%s %s\n%s %s\n" % (
            addresses.get("login", STAND_LOGIN), LOGIN, addresses.get("vault", STAND_VAULT), VAULT))

    def resolver(self):
        self.etc_file("hosts", "127.0.0.1 localhost\n")
        self.etc_file("resolv.conf", "nameserver %s\n" % RESOLVER)

    def back(self):
        for name, text in self.etc.items():
            self.etc_file(name, text)

    def rendered(self, method="secret"):
        """(values that are missing in the config, hearth's words)."""
        site = self.kit.site(self.kit.directory("peers", "site"), {"bootstrap/many.yaml": MANIFEST}, method)
        out = os.path.join(self.kit.directory("peers", "out"), "config")
        status, path, err = self.kit.render(site, out)
        if status != 0:
            return sorted(VALUES), err
        with open(path) as config:
            text = config.read()
        return [name for name, value in VALUES.items() if base64.b64encode(value.encode()).decode() not in text], err

    def case(self, name, process, ready, wanted=None, run=None, said=None):
        """wanted: None for the right values, or the code. said: words that must be there too. run: instead of
        rendered()."""
        log = os.path.join(self.where, "said")
        process = process(log)
        try:
            if not ready(process):
                with open(log, errors="replace") as words:
                    self.kit.failed("peers: " + name, "it does not start: " + words.read()[-600:])
                return
            missing, err = (run or self.rendered)()
            if wanted is None:
                self.kit.expect("peers: " + name, not missing, "%d values are missing\n%s" % (len(missing), err))
            else:
                words = [wanted + ":"] + list(said or ())
                self.kit.expect("peers: " + name, all(word in err for word in words), "wanted %s\n%s" % (words, err))
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.back()
        self.ran.append(name)


def listens(address, port):
    def ready(process):
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            try:
                socket.create_connection((address, port), 5).close()
                return True
            except OSError:
                time.sleep(0.05)
        return False
    return ready


def front(peers, package, words, config, **cases):
    for name, more in cases.items():
        path = os.path.join(peers.where, package + ".conf")
        peers.kit.write(path, config % peers.files(more=more))
        peers.hosts(vault=FRONT)
        command = [word.replace("CONF", path) for word in words]
        peers.case("%s, %s" % (house.program(peers.kit, package), name.replace("_", " ")),
                   lambda log: peers.house.start(*command, log=log), listens(FRONT, 443))


def fronts(peers):
    front(peers, "nginx", ["nginx", "-c", "CONF"], NGINX, as_it_is="", three_requests_a_connection="keepalive_requests 3;",
          no_keep_alive="keepalive_timeout 0;", P_521_alone="ssl_protocols TLSv1.2; ssl_ecdh_curve secp521r1;", too_many_requests="limit_req zone=few burst=12; limit_req_status 429;")
    if os.getuid() == 0 and open("/proc/self/uid_map").read().split()[:3] == ["0", "0", "4294967295"]:
        front(peers, "apache2-bin", ["apache2", "-X", "-f", "CONF"], APACHE, as_it_is="",
              renegotiation_by_location='<LocationMatch "^/secrets">\n  SSLVerifyClient optional_no_ca\n  </LocationMatch>')
    else:
        peers.kit.skipped("peers: Apache", "it gives up root, which a user's namespace has no other user for")
    front(peers, "haproxy", ["haproxy", "-db", "-f", "CONF"], HAPROXY, as_it_is="", close="option httpclose")


def node_fronts(peers):
    for name, few in (("as it is", []), ("three requests a connection", ["3"])):
        peers.hosts(vault=FRONT)
        command = ["node", os.path.join(peers.kit.build, "node", "front.mjs"), FRONT, peers.chain, peers.key, STAND_VAULT] + few
        peers.case("Node, " + name, lambda log: subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                                                  stderr=open(log, "wb")), listens(FRONT, 443))


def resolvers(peers):
    path = os.path.join(peers.where, "unbound.conf")
    right = 'local-data: "%s. A %s"' % (VAULT, STAND_VAULT)
    for name, changes, wanted, said in (
            ("both names", {"data": right}, None, ()),
            ("no such name", {}, "dns-nxdomain", ()),
            ("it refuses the zone", {"zone": "refuse"}, "dns-failed", ("REFUSED",)),
            ("no address", {"data": 'local-data: "%s. TXT x"' % VAULT}, "dns-no-address", ())):
        peers.kit.write(path, UNBOUND % peers.files(**changes))
        peers.resolver()
        peers.case("%s, %s" % (house.program(peers.kit, "unbound"), name),
                   lambda log: peers.house.start("unbound", "-d", "-c", path, log=log), listens(RESOLVER, 53), wanted, said=said)
    for name, address, wanted, said in (("both names", STAND_VAULT, None, ()), ("a filter's 0.0.0.0", "0.0.0.0", "dns-filtered", ("0.0.0.0",)),
                                        ("a filter's ::", "::", "dns-filtered", ("::",)), ("a filter's loopback", "127.0.0.1", "dns-filtered", ("127.0.0.1",))):
        words = ["dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--bind-interfaces", "--user=root", "--pid-file=",
                 "--listen-address=" + RESOLVER, "--address=/%s/%s" % (LOGIN, STAND_LOGIN), "--address=/%s/%s" % (VAULT, address)]
        peers.resolver()
        peers.case("%s, %s" % (house.program(peers.kit, "dnsmasq-base"), name),
                   lambda log: peers.house.start(*words, log=log), listens(RESOLVER, 53), wanted, said=said)


class Foreign(dict):
    """The stand-in's tokens, and those that another server says it gave; what is not known may be about to be said."""

    def get(self, token, default=None):
        until = time.monotonic() + 5
        while token not in self and time.monotonic() < until:
            time.sleep(0.01)
        return dict.get(self, token, default)


def token_server(peers, name, run, *credential):
    """oidc-provider gives the tokens, to who has this credential."""
    account, azure = peers.kit.account(), peers.kit.world.azure
    own = azure.tokens
    azure.tokens = Foreign()
    command = ["node", os.path.join(peers.kit.build, "node", "oidc.mjs"), FRONT, peers.chain, peers.key, LOGIN, account["tenant"],
               account["client"]] + list(credential)

    def start(log):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(log, "wb"))

        def read():
            for line in process.stdout:
                azure.tokens[line.decode().strip()] = (account["client"], azure.config["resource"], time.monotonic() + 600)
        threading.Thread(target=read, daemon=True).start()
        return process
    peers.hosts(login=FRONT)
    peers.case("oidc-provider, login by " + name, start, listens(FRONT, 443), run=run)
    azure.tokens = own


def token_servers(peers):
    account = peers.kit.account()
    public = peers.kit.run(["openssl", "x509", "-in", account["certificate"]]).stdout
    certificate = peers.kit.write(os.path.join(peers.where, "public.crt"), public)
    for method, credential in (("secret", account["secret"]), ("certificate", "@" + certificate)):
        token_server(peers, method, lambda: peers.rendered(method), credential)
    without = peers.kit.missing["go"] or tpm.lacks()
    if without:
        peers.kit.skipped("peers: oidc-provider, login by TPM", without)
    elif boot.build(peers.kit):
        peers.kit.serve(dict(peers.secrets, canary=boot.CANARY))
        for algorithm, refused in (("PS256", []), ("RS256", [RAW])):
            born_login(peers, algorithm, refused)


def born_login(peers, algorithm, refused):
    """A box logs in by its TPM; one that refuses the raw operation signs by itself."""
    bench = boot.Bench(peers.kit, "1.14")
    box = bench.machine("oidc-" + algorithm)
    state = os.path.join(box.where, "chip")
    certificate = bench.born(box, state)

    def run():
        with box:
            accepted = box.wait("applied", boot.SECONDS, complete=True)
            return [] if accepted else ["the config"], boot.text_of(box)
    try:
        with tpm.Tpm(state, refused) as chip:
            chip.into(box.tree)
            token_server(peers, "TPM, " + algorithm, run, "@" + certificate, algorithm)
    finally:
        box.root.close()


def check(kit):
    peers = Peers(kit)
    try:
        if kit.debian:
            fronts(peers)
            resolvers(peers)
        else:
            kit.skipped("peers: nginx, Apache, haproxy, unbound, dnsmasq", kit.missing["debian"])
        if kit.missing["npm"]:
            kit.skipped("peers: Node, oidc-provider", kit.missing["npm"])
        else:
            node_fronts(peers)
            token_servers(peers)
    finally:
        peers.back()
    print("peers that ran: " + "; ".join(peers.ran), flush=True)
