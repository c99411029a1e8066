"""What is said about an answer, and what to do next: one row an answer, replayed by the stand-in.

The texts are what a person acts on; each row was once a wrong or a missing next step. A row: name, the login's method,
the stand-in's settings, exit status, code, what the line says, what the next step says, and what stands in neither.
"""
PUBLIC = {"clients": {"66666666-7777-4888-8999-aaaaaaaaaaaa": {"public": True}}}
GZIP = {"headers": {"Content-Encoding": "gzip"}, "body": "\x1f\x8b\x08"}


def login(number, **more):
    return {"faults": [dict(more, role="login", aadsts=number)]}


def person(then):
    return dict(PUBLIC, device={"pending": 0, "interval": 1, "then": then})


def vault(**fault):
    return {"faults": [dict(fault, role="vault", path="/secrets/hello")]}


def names(table):
    return {"dns": dict({"login.microsoftonline.com": {"a": ["198.18.1.1"]}}, **table)}


VAULT = "homelab-data.vault.azure.net"
ENTRA = [
    # A subscription that has lapsed does this for exactly this resource.
    ("500014", "secret", login(500014), 5, "entra-scope", "a subscription has lapsed", "Subscriptions in the portal",
     "cloud.resource"),
    # An unknown reason: a login without an assertion has no certificate to look at.
    ("unknown-secret", "secret", login(50057), 5, "entra-refused", "invalid_grant, AADSTS50057", "sign-in log", "certificate"),
    ("unknown-device", "device-code", person(50057), 5, "entra-refused", "invalid_grant, AADSTS50057", "sign-in log",
     "certificate"),
    ("unknown-certificate", "certificate", login(50057), 5, "entra-grant", "invalid_grant, AADSTS50057",
     "the certificate in the app registration", "sign-in log"),
    # The second factor is the person's; a policy on devices is never met by a code.
    ("50072", "device-code", person(50072), 5, "entra-interaction", "register a second factor", "aka.ms/mfasetup", "exempt"),
    ("50079", "device-code", person(50079), 5, "entra-interaction", "register a second factor", "aka.ms/mfasetup", "exempt"),
    ("50074", "device-code", person(50074), 5, "entra-interaction", "second factor", "aka.ms/mfasetup", "exempt"),
    ("53000", "device-code", person(53000), 5, "entra-interaction", "compliant device", "login.method certificate", "mfasetup"),
    ("53001", "device-code", person(53001), 5, "entra-interaction", "joined to the domain", "login.method certificate",
     "mfasetup"),
    ("50005", "device-code", person(50005), 5, "entra-interaction", "kind of device", "login.method certificate", "mfasetup"),
    ("50097", "device-code", person(50097), 5, "entra-interaction", "the device to log in", "login.method certificate",
     "mfasetup"),
    ("16000", "device-code", person(16000), 5, "entra-interaction", "not of this tenant", "", "mfasetup"),
    ("65004", "device-code", person(65004), 5, "entra-refused", "did not consent", "admin-consent", "sign-in log"),
    ("65001", "device-code", person(65001), 5, "entra-refused", "nobody has consented", "admin-consent", "sign-in log"),
    ("50134", "device-code", person(50134), 5, "entra-code", "another data centre", "enter the code", "certificate in"),
    ("700030", "certificate", login(700030), 5, "entra-client", "subject or issuer", "upload the very certificate", "clock"),
    ("7000213", "certificate", login(7000213), 5, "entra-client", "by their chain", "upload the very certificate", "clock"),
    ("50032", "certificate", login(50032), 5, "entra-client", "fewer than 2048 bits", "make a key of 2048 bits", "clock"),
    # The browser says that access is blocked, and here nothing is ever heard of it.
    ("browser-refused", "device-code", dict(PUBLIC, device={"pending": 99, "interval": 1, "expires_in": 2}), 5, "entra-code",
     "nobody logged in with the code", "if the browser says that access is blocked, the tenant forbids logins by code", "sign-in"),
    ("511", "secret", {"faults": [{"role": "login", "status": 511, "body": "<html>"}]}, 1, "http-status",
     "wants a login of its own", "a browser", "outages"),
    ("gzip-token", "secret", {"faults": [dict(GZIP, role="login")]}, 1, "http-encoded", "compressed", "compresses traffic",
     "something else than Entra"),
    ("gzip-refusal", "secret", {"faults": [dict(GZIP, role="login", status=401)]}, 1, "http-encoded", "compressed",
     "compresses traffic", "something else than Entra"),
    ("gzip-outage", "secret", {"faults": [dict(GZIP, role="login", status=503)]}, 1, "entra-unavailable", "HTTP 503", "outages",
     "something else than Entra"),
]
FRONT = [
    # Filters: the likeliest trouble of a home. By the address, whatever connecting to it does.
    ("filter-zero", "secret", names({"*": {"a": ["0.0.0.0"]}}), 1, "dns-filtered", VAULT + ": name server 127.0.0.53 answers 0.0.0.0",
     "Pi-hole", "firewall"),
    ("filter-zero-v6", "secret", names({"*": {"aaaa": ["::"]}}), 1, "dns-filtered", "answers ::", "Pi-hole", "firewall"),
    ("filter-both", "secret", names({"*": {"a": ["0.0.0.0"], "aaaa": ["::"]}}), 1, "dns-filtered", "no host's address", "Pi-hole",
     "firewall"),
    ("filter-loopback", "secret", names({"*": {"a": ["127.0.0.1"]}}), 1, "dns-filtered",
     "answers 127.0.0.1, which is this box itself", "Pi-hole", "rejects it"),
    ("filter-loopback-v6", "secret", names({"*": {"aaaa": ["::1"]}}), 1, "dns-filtered", "answers ::1, which is this box itself",
     "Pi-hole", "rejects it"),
    # Whoever listens there: a name server must not lead to what trusts its own machine.
    ("filter-service", "secret", dict(names({"*": {"a": ["127.0.0.1"]}}), listen=[["vault", "127.0.0.1", 443]]), 1, "dns-filtered",
     "answers 127.0.0.1, which is this box itself", "Pi-hole", "rejects it"),
    ("filter-service-v4-in-v6", "secret", dict(names({"*": {"aaaa": ["::ffff:127.3.2.1"]}}), listen=[["vault", "127.3.2.1", 443]]), 1,
     "dns-filtered", "which is this box itself", "Pi-hole", "rejects it"),
    ("filter-page", "secret", dict(names({"*": {"a": ["198.18.1.2"]}}), vault={"chain": "self-signed"}), 1, "tls-self-signed",
     "at 198.18.1.2: the certificate", "own page may be answering", "rejects it"),
    # Who says what, of name servers.
    ("dns-refused", "secret", names({"*": {"rcode": "refused"}}), 1, "dns-failed", "127.0.0.53 refuses to answer this network (REFUSED)",
     "does not serve this network", "is at fault"),
    ("dns-servfail", "secret", names({"*": {"rcode": "servfail"}}), 1, "dns-failed", "127.0.0.53 has a fault (SERVFAIL",
     "is at fault", "VLAN"),
    ("dns-tcp", "secret", names({"*": {"a": ["198.18.1.2"], "truncate": True, "tcp": False}}), 1, "dns-tcp",
     "127.0.0.53 says by UDP that its answer is too long", "TCP port 53", "none of"),
    # With which address it was.
    ("tcp-address", "secret", {"hosts": {"login.microsoftonline.com": ["198.18.1.1"], VAULT: ["198.18.9.8"]}}, 1, "tcp-refused",
     VAULT + " at 198.18.9.8 port 443: ", "firewall", "filter"),
    ("tls-address", "secret", {"vault": {"chain": "expired"}}, 1, "tls-expired", VAULT + " at 198.18.1.2: ", "clock", "filter"),
    ("http-address", "secret", {"vault": {"goodbye": True}}, 1, "http-closed", VAULT + " at 198.18.1.2 closed", "try again", "filter"),
    ("client-certificate", "secret", {"vault": {"ask_client": "required", "tls_max": "1.2"}}, 1, "tls-client-certificate",
     "asked for a client certificate", "a proxy that does", "cipher"),
    # The vault, and what stands before it.
    ("gzip-secret", "secret", vault(**GZIP), 1, "http-encoded", "compressed", "compresses traffic", "something else"),
    ("firewall-old", "secret", vault(kv="oldfirewall"), 5, "vault-firewall", "sees this box as 203.0.113.7", "Networking page",
     "in the message"),
    ("firewall-without", "secret", vault(kv="nofirewall"), 5, "vault-firewall", "firewall refuses this network", "Networking page",
     "in the message"),
    ("400-of-a-proxy", "secret", vault(status=400, body="<html>400 Request Header Or Cookie Too Large</html>"), 1, "http-status",
     "HTTP 400, and not in the words of Key Vault", "header buffers are smaller than the token", "secret's name"),
    ("403-of-a-proxy", "secret", vault(status=403, body="<html>403</html>"), 1, "http-status", "not in the words of Key Vault",
     "a proxy or gateway", "roles"),
    ("404-of-a-proxy", "secret", vault(status=404, body="<html>404</html>"), 1, "http-status", "not in the words of Key Vault",
     "a proxy or gateway", "captive"),
    ("511-vault", "secret", vault(status=511, body="<html>"), 1, "http-status", "wants a login of its own", "a browser", "outages"),
    ("api-version", "secret", vault(status=400, body={"error": {"code": "BadParameter", "message":
     "The specified version (7.4) is not recognized. Consider using the latest supported version (9.0)."}}), 5, "vault-parameter",
     "does not know api-version 7.4", "a newer hearth", "secret's name"),
    ("no-vault", "secret", vault(kv="novault"), 5, "secret-missing", "no such vault (HTTP 404 VaultNotFound)", "plan --az", "captive"),
    ("emulator-404", "secret", vault(kv="emulator"), 5, "secret-missing", "HTTP 404 com.example.NotFoundException", "plan --az",
     "captive"),
    ("rbac", "secret", vault(kv="rbac"), 5, "vault-rbac", "hello", "or there is no such secret", "captive"),
    ("policy", "secret", vault(kv="policy"), 5, "vault-policy", "hello", "authorized application", "captive"),
]


def case(method, config, status, code, text, following, lacks):
    def run(kit):
        kit.limit = 60
        kit.site("vault")
        if method != "secret":
            with open(kit.path("site/hearth.yaml")) as source:
                changed = source.read().replace("method: secret", "method: " + method)
            kit.write("site/hearth.yaml", changed)
        kit.world(config)
        done = kit.hearth(["check", "--site", kit.path("site"), "--facts", kit.path("site/box.json")])
        kit.expect(done, code=status)
        lines = done.text("stderr").splitlines()
        said = [at for at, line in enumerate(lines) if line.startswith("hearth: " + code + ": ") and text in line]
        if not said:
            kit.fail("no line of %s says: %s\n%s" % (code, text, done.text("stderr")))
        step = next((line for line in lines[said[-1]:] if line.startswith("  next: ")), "")
        if following not in step:
            kit.fail("the next step lacks: %s\n%s" % (following, step))
        if lacks in step or lacks in lines[said[-1]]:
            kit.fail("must lack: %s\n%s\n%s" % (lacks, lines[said[-1]], step))
    return run


def cases():
    for name, *row in ENTRA + FRONT:
        yield name, case(*row), True
