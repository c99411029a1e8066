"""Cases of boot.py: login.method device-code, where a person reads the console and logs in for the box."""
import itertools
import os
import time

from boot import need, real_applies, text_of, wait_founded
from boot_more import stopped

SHOWN = "log in: open https://login.microsoft.com/device and enter HRTH7QK2P within "
number = itertools.count(1)


def machine(bench, name, **device):
    """The box, its settings at the login, and the stand-in."""
    box = bench.machine("person-" + name)
    azure, account = bench.kit.world.azure, bench.kit.account()
    client = "77777777-0000-4000-8000-%012d" % next(number)
    settings = dict(device, interval=1)
    azure.config["clients"][client] = {"public": True, "device": settings}
    path = os.path.join(box.where, "site", "hearth.yaml")
    with open(path) as source:
        text = source.read()
    need(account["client"] in text and "method: secret" in text, "the site has changed")
    with open(path, "w") as out:
        out.write(text.replace(account["client"], client).replace("method: secret", "method: device-code"))
    os.unlink(os.path.join(box.where, "site", ".hearth", "data.secret"))
    return box, settings, azure, client


def shown(box):
    box.poll()
    return len([line for line in box.said() if SHOWN in line])


def person_logs_in(bench):
    """One code, told with node, serial, client and tenant; then the same line as ever."""
    box, _, azure, client = machine(bench, "logs-in", pending=2)
    with box:
        wait_founded(box)
        need(shown(box) == 1, "shown %d times: %s" % (shown(box), text_of(box)))
        need("for data-1, serial 790H8D2: client %s in tenant %s" % (client, azure.config["tenant"]) in text_of(box),
             "said: " + text_of(box))
        need(not [code for code in azure.device_codes if code in text_of(box)], "the device code is on the console")
        return box


def person_comes_late(bench):
    """A code that ran out is followed by another, as long as it takes; a no is said."""
    box, settings, _, _ = machine(bench, "comes-late", pending=1, then="expired_token")
    with box:
        late = need(box.wait("console", 20, line=lambda line: line.startswith("hearth: entra-code:")), "said: " + text_of(box))
        need(box.wait("console", 30, since=late["n"] + 1, line=lambda line: SHOWN in line), "no other code")
        need(not real_applies(box), "applied all the same")
        settings["then"] = "grant"
        wait_founded(box, seconds=60)
        return box


def person_says_no(bench):
    box, _, _, _ = machine(bench, "says-no", pending=0, then="authorization_declined")
    with box:
        said = need(box.wait("console", 20, line=lambda line: "hearth: entra-declined" in line), "said: " + text_of(box))
        need("again in 600 s" in said["line"], "said: " + said["line"])
        time.sleep(1)
        need(shown(box) == 1 and not real_applies(box), "asked again at once")
        return stopped(box)


def person_never_comes(bench):
    """A stop ends the wait for a person at once."""
    box, _, _, _ = machine(bench, "never-comes", pending=1 << 20)
    with box:
        need(box.wait("console", 20, line=lambda line: SHOWN in line), "said: " + text_of(box))
        time.sleep(2)
        need(shown(box) == 1, "shown again")
        return stopped(box)


CASES = [person_logs_in, person_comes_late, person_says_no, person_never_comes]
