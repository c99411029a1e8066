"""The official Azure clients use the stand-in unchanged, and JWT libraries verify hearth's own assertion.

The first half says that the stand-in is a fair judge: what it accepts from @azure/identity and @azure/keyvault-secrets
it accepts by the rules of the real service. The second says that hearth's assertion is one that others accept.
"""
import json
import os

import base as base_module
import bundle
import kit as kit_module

NEEDS = ("world", "npm")
SECRETS = {
    "plain": "value",
    "awkward": "quotes \" ' back\\slash\ttab\nline\n\u2028 \ufeff emoji \U0001f525 {{ %41 &amp; </script>",
    "large": "".join(chr(0x21 + (i * 7) % 94) for i in range(25000)),
    "empty": "",
    "two": {"versions": [{"value": "old", "version": "1" * 32}, {"value": "new", "version": "2" * 32}]},
    "off": {"value": "x", "enabled": False},
}


def ask(kit, method, names, **changes):
    account = kit.account()
    env = {"NODE_EXTRA_CA_CERTS": kit.world.keys.roots(), "AZURE_TENANT_ID": account["tenant"],
           "AZURE_CLIENT_ID": account["client"], "AZURE_CLIENT_SECRET": account["secret"],
           "AZURE_CLIENT_CERTIFICATE_PATH": account["certificate"], "NO_COLOR": "1"}
    env.update(changes)
    done = kit.run(["node", os.path.join(kit.build, "node", "secrets.mjs"), method,
                    "https://" + kit_module.VAULT] + list(names), env=env)
    if done.returncode != 0:
        return None, done.stderr.decode("utf-8", "replace")
    return json.loads(done.stdout), done.stderr.decode("utf-8", "replace")


def official_clients(kit):
    kit.serve(SECRETS)
    values = {name: entry for name, entry in SECRETS.items() if isinstance(entry, str)}
    values.update({"two@" + "1" * 32: "old", "two@" + "2" * 32: "new"})
    for method in ("secret", "certificate"):
        answers, err = ask(kit, method, list(values) + ["off", "none"])
        if not kit.expect("clients: @azure/identity with a %s" % method, answers is not None, err):
            continue
        for name, value in values.items():
            answer = answers[name]
            kit.expect("clients: %s read with a %s" % (name.split("@")[0], method), answer.get("value") == value,
                       "the official client got %s" % json.dumps(answer)[:300])
        for name, status, code in (("none", 404, "SecretNotFound"), ("off", 403, "Forbidden")):
            answer = answers[name]
            kit.expect("clients: %s refused with a %s" % (name, method),
                       (answer.get("status"), answer.get("code")) == (status, code), json.dumps(answer))
    answers, err = ask(kit, "secret", ["plain"], AZURE_CLIENT_SECRET="wrong")
    answer = (answers or {}).get("plain", {})
    kit.expect("clients: a wrong secret is refused", "AADSTS7000215" in answer.get("text", ""), json.dumps(answer) + err)


def official_person(kit):
    """The device-code flow: what hearth's own login is judged by is what Microsoft's client takes for Entra."""
    kit.serve(SECRETS)
    config = kit.world.azure.config
    client = config["clients"][kit.account()["client"]]
    before = dict(config["device"])
    shown = "%s %s" % (before["uri"], before["user_code"])
    for then, word in (("grant", None), ("authorization_declined", "authorization_declined"), (53003, "interaction_required")):
        config["device"] = dict(before, pending=1, interval=1, then=then)
        client["public"] = True
        answers, err = ask(kit, "device", ["plain"])
        answer = (answers or {}).get("plain", {})
        kit.expect("clients: @azure/identity shows the code (%s)" % then, shown in err, err)
        if word is None:
            kit.expect("clients: read with a device code", answer.get("value") == "value", json.dumps(answer) + err)
        else:
            kit.expect("clients: device code refused (%s)" % then, word in answer.get("text", ""), json.dumps(answer) + err)
    client["public"] = False
    answers, err = ask(kit, "device", ["plain"])
    kit.expect("clients: no device code for a confidential client",
               "invalid_client" in (answers or {}).get("plain", {}).get("text", ""), json.dumps(answers) + err)
    config["device"] = before


def verify(kit, assertion, audience, client, certificate):
    done = kit.run(["node", os.path.join(kit.build, "node", "verify.mjs"), certificate, audience, client],
                   stdin=assertion.encode())
    return json.loads(done.stdout) if done.returncode == 0 else {"jose": done.stderr.decode()}


def record(kit):
    """Keeps every client assertion that reaches the stand-in."""
    azure, seen = kit.world.azure, []
    judge = azure.assertion

    def keep(request, form, client):
        seen.append((form["client_assertion"], "https://%s%s" % (request.header("Host"), request.path)))
        return judge(request, form, client)

    azure.assertion = keep
    return seen


def own_assertion(kit):
    account = kit.account()
    seen = record(kit)
    base_module.serve(kit, bundle.to_yaml(bundle.talos_bundle(2048)))
    where = kit.directory("assertion")
    site = kit.site(os.path.join(where, "site"), {}, method="certificate")
    for turn in (1, 2):
        status, _, err = kit.render(site, os.path.join(where, "out"))
        kit.expect("clients: render %d with a certificate" % turn, status == 0, err)
    if not kit.expect("clients: the stand-in saw an assertion a run", len(seen) == 2, "it saw %d" % len(seen)):
        return
    claims = []
    for assertion, audience in seen:
        said = verify(kit, assertion, audience, account["client"], account["certificate"])
        for library in ("jose", "jsonwebtoken"):
            kit.expect("clients: %s verifies the assertion" % library, said.get(library) == "good", str(said.get(library)))
        header = said.get("header", {})
        kit.expect("clients: the header is what Entra documents",
                   header == {"alg": "PS256", "typ": "JWT", "x5t#S256": said.get("thumbprint")}, json.dumps(header))
        claims.append(said.get("claims", {}))
    for claim in claims:
        kit.expect("clients: the claims are what Entra documents",
                   set(claim) == {"aud", "exp", "iss", "sub", "jti", "nbf", "iat"}
                   and 300 <= claim["exp"] - claim["nbf"] <= 600, json.dumps(claim))
    kit.expect("clients: no two assertions have one jti", len({claim.get("jti") for claim in claims}) == 2, "")
    spoilt = seen[0][0][:-4] + ("AAAA" if not seen[0][0].endswith("AAAA") else "BBBB")
    said = verify(kit, spoilt, seen[0][1], account["client"], account["certificate"])
    kit.expect("clients: a spoilt assertion is refused by both",
               "good" not in (said.get("jose"), said.get("jsonwebtoken")), json.dumps(said))


def check(kit):
    official_clients(kit)
    official_person(kit)
    own_assertion(kit)
