"""What ends within 30 days is warned of: a secret of the vault, and the certificate that hearth itself logs in with."""
import time

DAY = 86400


def make(kit, value="x", days=None):
    kit.site("vault")
    client = {"secret": "abc"}
    if days:
        # Kept between runs: another day is another certificate.
        path = kit.keys.client("ends-%d-%d-%d" % (days[0], days[1], time.time() // DAY), days=days)
        client = {"certificate": path}
        with open(kit.path("site/hearth.yaml")) as source:
            kit.write("site/hearth.yaml", source.read().replace("method: secret", "method: certificate"))
        with open(path) as source:
            kit.write("site/.hearth/data.pem", source.read())
    else:
        kit.write("site/.hearth/data.secret", "abc\n")
    kit.world({"vaults": {"*": {"hello": value, "db-password": "y"}}, "clients": {"66666666-7777-4888-8999-aaaaaaaaaaaa": client}})
    return kit.hearth(["check", "--site", kit.path("site"), "--facts", kit.path("site/box.json")])


def secret(days, word):
    def case(kit):
        run = make(kit, {"value": "x", "exp": int(time.time()) + days * DAY})
        kit.expect(run, out="expires in", err=word or "good: nothing was written")
        if not word and "warning: secret" in run.text("stderr"):
            kit.fail(run.text("stderr"))
    return case


def certificate(days, word):
    def case(kit):
        run = make(kit, days=days)
        kit.expect(run, err=word or "good: nothing was written")
        if not word and "certificate" in run.text("stderr"):
            kit.fail(run.text("stderr"))
    return case


def cases():
    yield "secret-near", secret(10, "warning: secret hello ends on 20")
    yield "secret-far", secret(40, None)
    yield "certificate-near", certificate((-1, 10), "warning: the certificate of the login of role data ends on 20")
    yield "certificate-far", certificate((-1, 40), None)
    yield "certificate-past", certificate((-20, -1), "warning: the certificate of the login of role data ended on 20")
    yield "certificate-early", certificate((2, 300), "warning: the certificate of the login of role data begins on 20")
