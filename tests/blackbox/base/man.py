"""hearth(1) is made of the help texts: every verb, option and exit status of `hearth --help` stands in it, and groff
has nothing to say."""
import os
import re
import subprocess

from kit import REPO, need


def page():
    environment = dict(os.environ, HEARTH_VERSION="1.2.3", SOURCE_DATE_EPOCH="1767225600")
    return subprocess.run([os.path.join(REPO, "scripts", "man")], env=environment, check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def readable():
    need("cmd:groff")
    # HY: groff 1.24 would part words at the ends of lines.
    run = subprocess.run(["groff", "-man", "-Tascii", "-P-c", "-ww", "-rLL=200n", "-rHY=0"], input=page(), stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    return run.stderr, re.sub(".\b", "", run.stdout)


def help_of(kit, verb):
    return kit.expect(kit.hearth(verb + ["--help"])).out.decode()


def sound(kit):
    said, text = readable()
    if said:
        kit.fail("groff: " + said)
    if "HEARTH(1)" not in text or "hearth 1.2.3" not in text or "2026-01-01" not in text:
        kit.fail("no header or footer:\n" + text)


def whole(kit):
    _, text = readable()
    words = set(text.split())
    overview = help_of(kit, [])
    verbs = re.findall(r"^  ([a-z]+)  ", overview, re.M)
    if len(verbs) < 8:
        kit.fail("the overview lists %d verbs: is it read rightly?" % len(verbs))
    # The page has the usage of each verb and the exit statuses in places of their own.
    topics = {verb: help_of(kit, [verb]) for verb in verbs}
    topics["overview"] = "".join(overview.partition("usage:")[:1]) + overview.partition("\n  boot ")[2].partition("exit:")[0]
    for topic, text_of in topics.items():
        for word in text_of.split():
            if word not in words and word != "usage:":
                kit.fail("%s: `%s` of the help is not in the page" % (topic, word))
    for status in range(7):
        if not re.search(r"^ +%d +\w" % status, text, re.M):
            kit.fail("exit status %d is not in the page" % status)


def cases():
    yield "sound", sound
    yield "whole", whole
