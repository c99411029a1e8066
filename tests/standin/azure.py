"""A stand-in for Microsoft Entra ID and Azure Key Vault, for tests and `make demo`.

    python3 tests/standin/azure.py --dir DIR [--config FILE] [--log FILE] [--secrets FILE]
                                   [--login ADDR:PORT] [--vault ADDR:PORT] [--print-config]

DIR holds the keys and certificates (pki.py makes what is missing). With port 0 a free one is taken. When it
listens it prints one JSON line: {"login": "127.0.0.1:PORT", "vault": ..., "roots": PEM, "client": PEM,
"tenant", "client_id", "secret"}; it ends when standard input closes or on SIGTERM.

The config (--config, JSON, read again when it changes) is merged over what --print-config prints:
    tenant, clients {id: {secret, secrets [more that are valid], certificate (path of PEM), public, secret_expired,
    disabled,
                device {..}}}
    authority   host of the token endpoint            resource   https://vault.azure.net
    vaults      {host: {NAME: "value" | {value, contentType, enabled, nbf, exp, tags, version, versions: [..],
                read_only (PUT is forbidden), keeps (PUT has no effect)}}}
                "*" as host serves any vault name
    login, vault   settings of the listener, see server.py
    refuse_tokens N     the first N requests with a bearer token get 401 invalid_token
    token_bytes N       length of the tokens; expires_in (number or string)
    device {pending: N, slow_down: N, then: "grant" | ERROR | AADSTS number, interval, expires_in, uri, user_code}
    faults      list of {role, path (prefix, * ends), times, skip, ...}: the first that matches and is not used
                up is applied. Beyond server.py's: `aadsts` N (the Entra error of that number),
                `kv` NAME of KV_ERRORS (the vault's error of that name).

Everything a real server verifies is verified: form encoding, scope, secret, the assertion's signature
(openssl), thumbprint, audience, times and jti, the bearer token, api-version, names.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
import tempfile
import threading
import time
import urllib.parse
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pki as pki_module  # noqa: E402
from server import Log, Reply, Server  # noqa: E402

DEFAULT = {
    "tenant": "11111111-2222-4333-8444-555555555555",
    "clients": {"66666666-7777-4888-8999-aaaaaaaaaaaa": {"secret": "t~8Q.x-_hearth+test/secret=&%0123456789AB"}},
    "authority": "login.microsoftonline.com",
    "resource": "https://vault.azure.net",
    "vaults": {"*": {"hello": "world", "db-password": "s3cret: \"with\" 'quotes' #and\nlines"}},
    "login": {}, "vault": {}, "faults": [], "refuse_tokens": 0, "token_bytes": 1400, "expires_in": 3599,
    "device": {"pending": 1, "slow_down": 0, "then": "grant", "interval": 5, "expires_in": 900,
               "uri": "https://login.microsoft.com/device", "user_code": "HRTH7QK2P"},
}
API_VERSIONS = ["7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01", "2016-10-01"]

# number: (status, error, text)
AADSTS = {
    7000215: (401, "invalid_client", "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'."),
    7000222: (401, "invalid_client", "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys for your app."),
    700016: (400, "unauthorized_client", "Application with identifier '{client}' was not found in the directory 'Hearth'. This can happen if the application has not been installed by the administrator of the tenant."),
    7000112: (401, "unauthorized_client", "Application '{client}'(hearth) is disabled."),
    90002: (400, "invalid_request", "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."),
    900023: (400, "invalid_request", "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."),
    90038: (400, "invalid_request", "Tenant '{tenant}' request is being redirected to the National Cloud 'MicrosoftOnline.US'."),
    700027: (401, "invalid_client", "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '{thumb}']"),
    700024: (401, "invalid_client", "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {nbf}, expiry time of assertion {exp}."),
    50012: (401, "invalid_client", "Authentication failed."),
    50013: (400, "invalid_grant", "Assertion failed signature validation."),
    500133: (400, "invalid_grant", "Assertion is not within its valid time range."),
    50027: (401, "invalid_client", "JWT token is invalid or malformed."),
    700021: (401, "invalid_client", "Client assertion application identifier doesn't match 'client_id' parameter."),
    700023: (401, "invalid_client", "Client assertion audience claim does not match Realm issuer."),
    7000110: (401, "invalid_client", "Client assertion was used before."),
    70021: (400, "invalid_request", "No matching federated identity record found for presented assertion."),
    700213: (400, "invalid_request", "No matching federated identity record found for presented assertion subject."),
    70011: (400, "invalid_scope", "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."),
    500011: (400, "invalid_resource", "The resource principal named {scope} was not found in the tenant named Hearth."),
    500014: (400, "invalid_resource", "The service principal for resource '{scope}' is disabled. This indicate that a subscription within the tenant has lapsed, or that the administrator for this tenant has disabled the application, preventing tokens from being issued for it."),
    7000213: (401, "invalid_client", "Invalid certificate chain."),
    700030: (401, "invalid_client", "Invalid certificate - subject name in certificate is not authorized."),
    50032: (400, "invalid_grant", "WeakRsaKey - the RSA key is too short."),
    50072: (400, "interaction_required", "Due to a configuration change made by your administrator you must enroll in multi-factor authentication."),
    50079: (400, "interaction_required", "Due to a configuration change made by your administrator you must enroll in multi-factor authentication."),
    50074: (400, "interaction_required", "Strong authentication is required."),
    53000: (400, "interaction_required", "Device is not in required device state: compliant."),
    53001: (400, "invalid_grant", "Device is not in required device state: domain_joined."),
    50005: (400, "interaction_required", "Your device platform is not supported."),
    50097: (400, "interaction_required", "Device authentication is required."),
    16000: (400, "interaction_required", "User account does not exist in the tenant."),
    65004: (400, "consent_required", "The resource owner or authorization server denied the request."),
    50134: (400, "invalid_grant", "Wrong data center."),
    1002012: (400, "invalid_scope", "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier."),
    901002: (400, "invalid_request", "The 'resource' request parameter is not supported."),
    53003: (400, "interaction_required", "Access has been blocked by Conditional Access policies."),
    50076: (400, "interaction_required", "Due to a configuration change made by your administrator you must use multi-factor authentication."),
    7000218: (401, "invalid_client", "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."),
    700025: (401, "invalid_client", "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."),
    900144: (400, "invalid_request", "The request body must contain the following parameter: '{parameter}'."),
    9002313: (400, "invalid_request", "Invalid request. Request is malformed or invalid."),
    70003: (400, "unsupported_grant_type", "The app requested an unsupported grant type '{parameter}'."),
    90013: (400, "invalid_request", "Invalid input received from the user."),
    90033: (503, "temporarily_unavailable", "A transient error has occurred. Please try again."),
    90055: (429, "temporarily_unavailable", "The request was throttled due to too many concurrent requests."),
    50196: (400, "invalid_grant", "The server terminated an operation because it encountered a loop while processing a request."),
    70016: (400, "authorization_pending", "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    70018: (400, "bad_verification_code", "Invalid verification code."),
    70019: (400, "expired_token", "Verification code expired."),
    70020: (400, "expired_token", "The provided value for the input parameter 'device_code' is not valid. This device code has expired."),
    65001: (400, "invalid_grant", "The user or administrator has not consented to use the application with ID '{client}' named 'hearth'. Send an interactive authorization request for this user and resource."),
    70044: (400, "authorization_declined", "The user declined the authorization."),
}

# name: (status, code, inner code, message)
KV_ERRORS = {
    "unauthorized": (401, "Unauthorized", None, "AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token."),
    "audience": (401, "Unauthorized", None, "AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://vault.azure.cn."),
    "issuer": (401, "Unauthorized", None, "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/1/, found https://sts.windows.net/2/."),
    "rbac": (403, "Forbidden", "ForbiddenByRbac", "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nAction: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\nAssignment: (not found)\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\n"),
    "policy": (403, "Forbidden", "ForbiddenByPolicy", "The user, group or application 'appid=6;oid=7;iss=https://sts.windows.net/1/' does not have secrets get permission on key vault 'homelab;location=westeurope'."),
    "access": (403, "Forbidden", "AccessDenied", "The user, group or application does not have secrets get permission on key vault."),
    "firewall": (403, "Forbidden", "ForbiddenByFirewall", "Client address is not authorized and caller is not a trusted service.\r\nClient address: 203.0.113.7\r\nCaller: appid=6\r\nVault: homelab;location=westeurope"),
    "oldfirewall": (403, "Forbidden", "ForbiddenByFirewall", "Client address (203.0.113.7) is not authorized and caller is not a trusted service."),
    "nofirewall": (403, "Forbidden", "ForbiddenByFirewall", "Request was not allowed by NSP rules and the client address is not authorized and caller is not a trusted service."),
    "connection": (403, "Forbidden", "ForbiddenByConnection", "Public network access is disabled and request is not from a trusted service nor via an approved private link."),
    "disabled": (403, "Forbidden", "SecretDisabled", "Operation get is not allowed on a disabled secret."),
    "notfound": (404, "SecretNotFound", None, "A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command."),
    "novault": (404, "VaultNotFound", None, "The vault was not found."),
    "emulator": (404, "com.example.NotFoundException", None, "Entity not found."),
    "badparameter": (400, "BadParameter", None, "The request URI contains an invalid name: {name}"),
    "badversion": (400, "BadParameter", None, "The specified version ({name}) is not recognized. Consider using the latest supported version (7.6)."),
    "throttled": (429, "Throttled", None, "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"),
    "internal": (500, "InternalServerError", None, "An internal error occurred."),
    "unavailable": (503, "ServiceUnavailable", None, "The service is temporarily unavailable."),
}


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64(text):
    text = text.replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def utc(seconds=None):
    return time.strftime("%Y-%m-%dT%H:%M:%S.0000000Z", time.gmtime(seconds))


class EntraError(Exception):
    def __init__(self, number, **words):
        super().__init__(number)
        self.number, self.words = number, words


def entra_error(number, words, authority):
    status, error, text = AADSTS.get(number, (400, "invalid_grant", "Something is wrong."))
    known = dict(client="?", tenant="?", thumb="?", scope="?", parameter="?", now=utc(), nbf=utc(), exp=utc())
    known.update(words)
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    stamp = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
    return Reply.json(status, {
        "error": error,
        "error_description": "AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s"
                             % (number, text.format(**known), trace, correlation, stamp),
        "error_codes": [number], "timestamp": stamp, "trace_id": trace, "correlation_id": correlation,
        "error_uri": "https://%s/error?code=%d" % (authority, number)})


def kv_error(name, subject=""):
    status, code, inner, message = KV_ERRORS[name]
    body = {"error": {"code": code, "message": message.format(name=subject)}}
    if inner:
        body["error"]["innererror"] = {"code": inner}
    return Reply.json(status, body)


def certificate_of(pem):
    """(DER, PEM text of the public key) of the first certificate in a file."""
    match = re.search(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", pem, re.S)
    public = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=match.group(0).encode(),
                            stdout=subprocess.PIPE, check=True).stdout
    return base64.b64decode("".join(match.group(1).split())), public


def signature_good(alg, public, signed, signature):
    """Ask openssl whether the JWS signature holds."""
    options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"] if alg == "PS256" else []
    with tempfile.TemporaryDirectory() as directory:
        key, sig = os.path.join(directory, "key"), os.path.join(directory, "sig")
        pki_module.write(key, public)
        pki_module.write(sig, signature)
        return subprocess.run(["openssl", "dgst", "-sha256", "-verify", key, "-signature", sig] + options,
                              input=signed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


class Azure(Server):
    def __init__(self, pki, config, log=None, config_path=None):
        super().__init__(pki, log or Log())
        self.base, self.config_path, self.config_seen = config, config_path, None
        self.config = config
        self.tokens, self.used_jti, self.devices, self.fault_uses = {}, set(), {}, {}
        self.refused, self.early, self.device_codes, self.writes = 0, 0, set(), []
        self.state = threading.RLock()
        self.certificates = {}
        # Seconds that openssl has taken over assertions so far: a process each, which is none of a client's time.
        self.judged = 0.0

    # -- configuration

    def current(self):
        if self.config_path:
            with self.state:
                seen = os.stat(self.config_path).st_mtime_ns
                if seen != self.config_seen:
                    self.config_seen = seen
                    with open(self.config_path) as source:
                        self.config = dict(self.base, **json.load(source))
                    self.fault_uses, self.refused = {}, 0
        return self.config

    def settings(self, role):
        return self.current().get(role, {})

    def fault_for(self, role, request):
        for index, fault in enumerate(self.current()["faults"]):
            if fault.get("role", role) != role:
                continue
            want = fault.get("path", "*")
            if want.endswith("*") and not request.path.startswith(want[:-1]):
                continue
            if not want.endswith("*") and request.path.rstrip("/") != want:
                continue
            with self.state:
                uses = self.fault_uses.get(index, 0)
                self.fault_uses[index] = uses + 1
            skip = fault.get("skip", 0)
            if uses < skip or uses >= skip + fault.get("times", 1 << 30):
                continue
            return dict(fault, **self._named_error(fault, request))
        return {}

    def _named_error(self, fault, request):
        reply = None
        if "aadsts" in fault:
            reply = entra_error(fault["aadsts"], fault, self.config["authority"])
        elif "kv" in fault:
            reply = kv_error(fault["kv"], request.path.split("/")[2] if request.path.count("/") > 1 else "")
        return {"status": reply.status, "body": reply.body.decode()} if reply else {}

    # -- dispatch

    def handle(self, role, request):
        host = (request.header("Host") or "").partition(":")[0].lower()
        if request.header("Host") is None:
            return Reply(400, "Bad Request")
        authority = self.current()["authority"]
        if role == "login" or (role == "both" and host == authority):
            return self.entra(request)
        return self.key_vault(host, request)

    # -- Entra

    def entra(self, request):
        headers = [("Cache-Control", "no-store, no-cache"), ("Pragma", "no-cache"), ("Expires", "-1"),
                   ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
                   ("X-Content-Type-Options", "nosniff"), ("P3P", 'CP="DSP CUR OTPi IND OTRi ONL FIN"'),
                   ("x-ms-request-id", str(uuid.uuid4())), ("x-ms-ests-server", "2.1.20000.0 - WEULR1 ProdSlices"),
                   ("x-ms-srs", "1.P"), ("X-XSS-Protection", "0"),
                   ("Set-Cookie", "fpc=%s; expires=Tue, 22-Dec-2026 10:00:00 GMT; path=/; secure; HttpOnly; SameSite=None" % b64url(os.urandom(30))),
                   ("Set-Cookie", "x-ms-gateway-slice=estsfd; path=/; secure; httponly"),
                   ("Set-Cookie", "stsservicecookie=estsfd; path=/; secure; samesite=none; httponly"),
                   ("Date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()))]
        parts = request.path.strip("/").split("/")
        try:
            reply = self.entra_route(request, parts)
        except EntraError as error:
            reply = entra_error(error.number, dict(error.words, tenant=parts[0]), self.config["authority"])
        reply.headers += headers
        return reply

    def entra_route(self, request, parts):
        base = "https://%s" % request.header("Host")
        if parts[:3] == ["common", "discovery", "instance"]:
            names = [self.config["authority"]]
            tenant = self.config["tenant"]
            return Reply.json(200, {
                "tenant_discovery_endpoint": "%s/%s/v2.0/.well-known/openid-configuration" % (base, tenant),
                "api-version": "1.1",
                "metadata": [{"preferred_network": names[0], "preferred_cache": "login.windows.net", "aliases": names}]})
        if parts[1:] in (["v2.0", ".well-known", "openid-configuration"], [".well-known", "openid-configuration"]):
            tenant = parts[0]
            root = "%s/%s" % (base, tenant)
            return Reply.json(200, {
                "token_endpoint": root + "/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
                "jwks_uri": root + "/discovery/v2.0/keys", "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"], "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"], "issuer": root + "/v2.0",
                "request_uri_parameter_supported": False, "authorization_endpoint": root + "/oauth2/v2.0/authorize",
                "device_authorization_endpoint": root + "/oauth2/v2.0/devicecode", "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com", "cloud_graph_host_name": "graph.windows.net"})
        old = parts[1:] == ["oauth2", "token"]  # v1, which clients made with the retired ADAL ask
        if not old and (len(parts) != 4 or parts[1:3] != ["oauth2", "v2.0"] or parts[3] not in ("token", "devicecode")):
            return Reply(404, "")
        if request.method != "POST":
            raise EntraError(900144, parameter="grant_type")
        if parts[0] != self.config["tenant"]:
            raise EntraError(90002)
        form = self.form(request)
        if parts[-1] == "devicecode":
            return self.device_start(form)
        return self.token(request, form, self.resource if old else self.scope)

    def form(self, request):
        kind = (request.header("Content-Type") or "").split(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise EntraError(900144, parameter="grant_type")
        try:
            text = request.body.decode("ascii")
            pairs = urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
        except ValueError:
            raise EntraError(9002313)
        if re.search(r"%(?![0-9A-Fa-f]{2})", text) or len(dict(pairs)) != len(pairs):
            raise EntraError(9002313)
        return dict(pairs)

    def need(self, form, *names):
        for name in names:
            if not form.get(name):
                raise EntraError(900144, parameter=name)

    def scope(self, form):
        if "resource" in form:
            raise EntraError(901002)
        self.need(form, "scope")
        wanted = [word for word in form["scope"].split(" ") if word not in ("openid", "profile", "offline_access")]
        if wanted != [self.config["resource"] + "/.default"]:
            if len(wanted) == 1 and not wanted[0].endswith("/.default"):
                raise EntraError(1002012, scope=form["scope"])
            raise EntraError(500011 if len(wanted) == 1 else 70011, scope=form["scope"])
        return self.config["resource"]

    def resource(self, form):
        """What a v1 request names in the place of a scope."""
        self.need(form, "resource")
        if form["resource"].rstrip("/") != self.config["resource"]:
            raise EntraError(500011, scope=form["resource"])
        return self.config["resource"]

    def client(self, form):
        self.need(form, "client_id")
        client = self.config["clients"].get(form["client_id"].lower())
        if client is None:
            raise EntraError(700016, client=form["client_id"])
        if client.get("disabled"):
            raise EntraError(7000112, client=form["client_id"])
        return client

    def token(self, request, form, wanted):
        self.need(form, "grant_type")
        grant, client_id = form["grant_type"], form.get("client_id", "")
        if grant in ("device_code", "urn:ietf:params:oauth:grant-type:device_code"):
            return self.device_poll(form)
        if grant != "client_credentials":
            raise EntraError(70003, parameter=grant)
        client = self.client(form)
        resource = wanted(form)
        if "client_secret" in form:
            if client.get("public"):
                raise EntraError(700025)
            if form["client_secret"] not in [client.get("secret")] + client.get("secrets", []):
                raise EntraError(7000215, client=client_id)
            if client.get("secret_expired"):
                raise EntraError(7000222, client=client_id)
        elif "client_assertion" in form:
            self.assertion(request, form, client)
        else:
            raise EntraError(7000218)
        if "resource" not in form:
            return self.grant(client_id, resource)
        now = int(time.time())
        return self.grant(client_id, resource, {"resource": form["resource"], "not_before": str(now), "expires_on":
                                                str(now + int(self.config["expires_in"]))}, text=True)

    def assertion(self, request, form, client):
        if form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
            raise EntraError(900144, parameter="client_assertion_type")
        try:
            head64, claims64, signature64 = form["client_assertion"].split(".")
            if "=" in form["client_assertion"]:
                raise ValueError("padding")
            head, claims = json.loads(from_b64(head64)), json.loads(from_b64(claims64))
            signature = from_b64(signature64)
        except ValueError:
            raise EntraError(50027)
        if not client.get("certificate"):
            raise EntraError(700027, thumb="none registered")
        path = client["certificate"]
        if path not in self.certificates:
            self.certificates[path] = certificate_of(pki_module.read(path).decode())
        der, public = self.certificates[path]
        alg = head.get("alg")
        thumb = head.get("x5t#S256") if alg == "PS256" else head.get("x5t", head.get("x5t#S256"))
        expected = [hashlib.sha256(der).digest(), hashlib.sha1(der).digest()]
        if alg not in ("PS256", "RS256") or head.get("typ", "JWT") != "JWT" or not isinstance(thumb, str):
            raise EntraError(50027)
        if from_b64(thumb) not in expected:
            raise EntraError(700027, thumb=thumb)
        begun = time.monotonic()
        good = signature_good(alg, public, (head64 + "." + claims64).encode(), signature)
        self.judged += time.monotonic() - begun
        if not good:
            raise EntraError(50013)
        if claims.get("iss") != form["client_id"] or claims.get("sub") != form["client_id"]:
            raise EntraError(700021)
        if claims.get("aud") != "https://%s%s" % (request.header("Host"), request.path):
            raise EntraError(700023)
        now, nbf, exp = time.time(), claims.get("nbf"), claims.get("exp")
        if type(nbf) is not int or type(exp) is not int:
            raise EntraError(50027)
        if now < nbf - 300 or now > exp + 300 or exp - nbf > 24 * 3600 or exp <= nbf:
            raise EntraError(700024, nbf=utc(nbf), exp=utc(exp))
        with self.state:
            jti = claims.get("jti")
            if not isinstance(jti, str) or len(jti) < 16 or jti in self.used_jti:
                raise EntraError(7000110)
            self.used_jti.add(jti)

    def grant(self, client_id, resource, extra=None, text=False):
        size = self.config["token_bytes"]
        head = b64url(json.dumps({"typ": "JWT", "alg": "RS256", "kid": "standin"}).encode())
        body = b64url(json.dumps({"aud": resource, "appid": client_id, "iat": int(time.time())}).encode())
        token = (head + "." + body + "." + b64url(os.urandom(size)))[:max(size, 64)]
        with self.state:
            self.tokens[token] = (client_id, resource, time.monotonic() + 3600)
        lifetime = str(self.config["expires_in"]) if text else self.config["expires_in"]
        body = {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}
        body.update(extra or {})
        return Reply.json(200, body)

    # -- device authorization grant

    def device_start(self, form):
        settings = self.client(form).get("device", {})
        self.scope(form)
        code = b64url(os.urandom(90))
        with self.state:
            device = dict(DEFAULT["device"], **dict(self.config["device"], **settings))
            device.update(client=form["client_id"], due=0,
                          until=time.monotonic() + device["expires_in"])
            self.devices[code] = device
            self.device_codes.add(code)
        return Reply.json(200, {
            "user_code": device["user_code"], "device_code": code, "verification_uri": device["uri"],
            "expires_in": device["expires_in"], "interval": device["interval"],
            "message": "To sign in, use a web browser to open the page %s and enter the code %s to authenticate."
                       % (device["uri"], device["user_code"])})

    def device_poll(self, form):
        self.need(form, "client_id", "device_code")
        client = self.client(form)
        with self.state:
            device = self.devices.get(form["device_code"])
            if device is None or device["client"] != form["client_id"]:
                raise EntraError(70018)
            if not client.get("public"):
                raise EntraError(7000218)
            now = time.monotonic()
            if now >= device["until"]:
                raise EntraError(70020)
            if now < device["due"]:
                self.early += 1  # RFC 8628 section 3.5: the client polls faster than it was told
                device["slow_down"] += 1
            device["due"] = now + device["interval"] - 0.1
            if device["pending"] > 0:
                device["pending"] -= 1
                raise EntraError(70016)
            if device["slow_down"] > 0:
                device["slow_down"] -= 1
                device["interval"] += 5
                device["due"] += 5
                return Reply.json(400, {"error": "slow_down", "error_description": "Slow down."})
            if isinstance(device["then"], int):
                raise EntraError(device["then"])
            if device["then"] != "grant":
                return Reply.json(400, {"error": device["then"], "error_description": device["then"]})
            del self.devices[form["device_code"]]
        return self.grant(form["client_id"], self.config["resource"], {"scope": self.config["resource"] + "/user_impersonation"})

    # -- Key Vault

    def key_vault(self, host, request):
        reply = self.key_vault_route(host, request)
        peer = request.connection.sock.getpeername()[0]
        reply.headers += [
            ("Cache-Control", "no-cache"), ("Pragma", "no-cache"), ("Expires", "-1"),
            ("x-ms-keyvault-region", "westeurope"), ("x-ms-keyvault-service-version", "1.9.3347.1"),
            ("x-ms-keyvault-network-info", "conn_type=Ipv4;addr=%s;act_addr_fam=InterNetwork;" % peer),
            ("x-ms-client-request-id", str(uuid.uuid4())), ("x-ms-request-id", str(uuid.uuid4())),
            ("X-Content-Type-Options", "nosniff"), ("Strict-Transport-Security", "max-age=31536000;includeSubDomains"),
            ("Date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()))]
        return reply

    def challenge(self, name="unauthorized"):
        reply = kv_error(name)
        extra = ', error="invalid_token"' if name != "unauthorized" else ""
        reply.headers.append(("WWW-Authenticate", 'Bearer authorization="https://%s/%s", resource="%s"%s'
                              % (self.config["authority"], self.config["tenant"], self.config["resource"], extra)))
        return reply

    def key_vault_route(self, host, request):
        if request.path.rstrip("/") == "/healthstatus":
            return Reply(200, "null", [("Content-Type", "application/json; charset=utf-8")])
        bearer = request.header("Authorization") or ""
        if not bearer.startswith("Bearer "):
            return self.challenge()
        with self.state:
            if self.refused < self.config["refuse_tokens"]:
                self.refused += 1
                self.tokens.pop(bearer[7:], None)
            grant = self.tokens.get(bearer[7:])
        if grant is None or grant[2] < time.monotonic():
            return self.challenge("issuer")
        if grant[1] != self.config["resource"]:
            return self.challenge("audience")
        query = urllib.parse.parse_qs(request.query)
        version = query.get("api-version", [""])[0]
        if version not in API_VERSIONS:
            return kv_error("badversion", version)
        parts = request.path.strip("/").split("/")
        if request.method == "PUT" and parts[0] == "secrets" and len(parts) == 2:
            return self.set_secret(host, parts[1], request)
        if request.method != "GET":
            return Reply(405, "")
        if parts[0] != "secrets" or len(parts) not in (2, 3):
            return kv_error("badparameter", parts[0])
        if not re.fullmatch(r"[0-9a-zA-Z-]{1,127}", parts[1]):
            return kv_error("badparameter", "name")
        return self.secret(host, parts[1], parts[2] if len(parts) == 3 else "")

    def set_secret(self, host, name, request):
        """Set Secret: a new version, which is the newest from then on."""
        kind = (request.header("Content-Type") or "").split(";")[0].strip().lower()
        try:
            value = json.loads(request.body)["value"]
        except (ValueError, KeyError, TypeError):
            return kv_error("badparameter", "value")
        if kind != "application/json" or not isinstance(value, str) or not re.fullmatch(r"[0-9a-zA-Z-]{1,127}", name):
            return kv_error("badparameter", name)
        vaults = self.config["vaults"]
        store = vaults.get(host, vaults.get("*", {}))
        with self.state:
            stored = next((known for known in store if known.lower() == name.lower()), name)
            before = store.get(stored)
            if isinstance(before, dict) and before.get("read_only"):
                return kv_error("rbac")
            if isinstance(before, dict) and before.get("keeps"):
                value = before["value"]  # as if somebody else had written right behind
            self.writes.append((stored, value))
            store[stored] = {"value": value, "version": os.urandom(16).hex()}
        return self.secret(host, name, "")

    def secret(self, host, name, version):
        vaults = self.config["vaults"]
        store = vaults.get(host, vaults.get("*", {}))
        for stored, entry in store.items():
            if stored.lower() == name.lower():
                break
        else:
            return kv_error("notfound", name)
        if isinstance(entry, str):
            entry = {"value": entry}
        versions = entry.get("versions", [entry])
        for chosen in versions:
            identity = chosen.get("version") or hashlib.md5((stored + chosen["value"]).encode()).hexdigest()
            if version in ("", identity):
                break
        else:
            return kv_error("notfound", "%s/%s" % (name, version))
        if not chosen.get("enabled", True):
            return kv_error("disabled")
        attributes = {"enabled": True, "created": 1767225600, "updated": 1767225600,
                      "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90}
        attributes.update({key: chosen[key] for key in ("nbf", "exp") if key in chosen})
        body = {"value": chosen["value"], "id": "https://%s/secrets/%s/%s" % (host, stored, identity),
                "attributes": attributes, "tags": chosen.get("tags", {})}
        if "contentType" in chosen:
            body["contentType"] = chosen["contentType"]
        return Reply.json(200, body)


def endpoint(text):
    address, _, port = text.rpartition(":")
    return address.strip("[]"), int(port)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", help="where keys and certificates are kept")
    parser.add_argument("--config", help="JSON, merged over the default; read again when it changes")
    parser.add_argument("--secrets", help="JSON {name: value}: served by every vault name")
    parser.add_argument("--log", help="append JSON lines here")
    parser.add_argument("--login", default="127.0.0.1:0")
    parser.add_argument("--vault", default="127.0.0.1:0")
    parser.add_argument("--print-config", action="store_true")
    options = parser.parse_args()
    if options.print_config:
        print(json.dumps(DEFAULT, indent=2))
        return 0
    if not options.dir:
        parser.error("--dir is needed")
    keys = pki_module.Pki(options.dir)
    config = json.loads(json.dumps(DEFAULT))
    for client in config["clients"].values():
        client["certificate"] = keys.client()
    if options.secrets:
        with open(options.secrets) as source:
            config["vaults"]["*"].update(json.load(source))
    azure = Azure(keys, config, Log(options.log), options.config)
    keys.chain(azure.settings("login").get("chain", "good"))
    keys.chain(azure.settings("vault").get("chain", "good"))
    said = {}
    for role, where in (("login", options.login), ("vault", options.vault)):
        address, port = endpoint(where)
        said[role] = "%s:%d" % (address, azure.listen(role, address, port))
    client_id = next(iter(azure.current()["clients"]))
    said.update(roots=keys.roots(), client=keys.client(), tenant=azure.config["tenant"], client_id=client_id,
                secret=azure.config["clients"][client_id].get("secret"), pid=os.getpid())
    print(json.dumps(said), flush=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    try:
        while os.read(0, 4096):
            pass
    except (OSError, KeyboardInterrupt):
        pass
    azure.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
