"""What databases/README.md says, and the guide where it sends one there, taken out of them: the plays do these words
and no others."""
import os
import re

import build

DATABASES = os.path.join(build.REPO, "assets", "databases")


def read(*names):
    with open(os.path.join(DATABASES, *names), encoding="utf-8") as source:
        return source.read()


def sought(pattern, text):
    found = re.search(pattern, text, re.M)
    if not found:
        raise RuntimeError("the guide has no %s" % pattern)
    return found


class Words:
    def __init__(self):
        self.text, guide = read("README.md"), read(os.pardir, "README.md")
        self.edit = re.sub("^    ", "  ", re.search(
            r"^    bootstrap:\n(?: {5,}.*\n| {4}externalClusters:\n)+", self.text, re.M).group(), flags=re.M)
        self.asks, backup = self.block("## Is there a backup"), self.block("A backup now, waited for")
        self.container = self.block("The container itself")
        self.old = re.search(r"`(az storage blob delete-batch [^`]*)`", self.text).group(1)
        self.now, _, self.backup = backup.rpartition("}\n")
        self.now += "}\n"
        self.stop = self.block("*Stop*: Flux here")
        delete = self.block("*Delete*: first").splitlines()
        self.switch, self.archived = delete[:2]
        self.delete = "\n".join(delete[2:])
        self.go_on, self.begin = self.block("*Go on*:"), self.block("*Begin*: look")
        self.failed = self.block("## When a recovery fails")
        # A connection string is put in with the guide's functions, and its container made by the guide's step 6.
        self.functions = sought(r"V=\S+", self.container).group() + "\n" + "".join(
            sought(r"^( +)%s\(\) \{.*\n(?:\1 +.*\n)*" % name, guide).group() for name in ("filled", "put", "at", "sync"))
        self.sync = sought(r"`(sync databases [^`]*)`", self.text).group(1)
        self.create = sought(r"^ +(AZURE_STORAGE_CONNECTION_STRING=.* az storage container create .*)$", guide).group(1)
        self.rehearse, self.away = self.block("## Rehearse"), self.block("Away with it")

    def block(self, after):
        """The first block of commands behind those words."""
        rest = self.text.partition(after)[2]
        found = re.search(r"(?:^    .*\n)+", rest, re.M)
        if not found:
            raise RuntimeError("databases/README.md has no commands behind %r" % after)
        return re.sub("^    ", "", found.group(), flags=re.M)

    def table(self, heading):
        """Every word of the first column of the table below a heading."""
        part = self.text.partition("\n## " + heading)[2].partition("\n## ")[0]
        return [each for said in re.findall(r"^\| (.+?) \| .+? \|$", part, re.M)[1:] for each in said.split(", ")]

    def edited(self, text, source, new, target=None):
        """The edit of cluster.yaml: the new name, and the block in the place of `bootstrap` and `externalClusters`."""
        block = self.edit.replace("serverName: postgres-1", "serverName: " + source)
        block = re.sub(r'targetTime: "[^"]*"', 'targetTime: "%s"' % target, block) if target else re.sub(
            r"^ +recoveryTarget:.*\n", "", block, flags=re.M)
        text, none = re.subn(r"^  externalClusters:.*\n(?: {4}.*\n)+", "", text, flags=re.M)
        text, one = re.subn(r"^  bootstrap:.*\n(?: {4}.*\n)+", lambda _: block, text, flags=re.M)
        return self.named(text, new) if (one, none <= 1) == (1, True) else self.misfit()

    def named(self, text, new):
        """The edit of serverName alone."""
        text, count = re.subn(r"serverName: \S+ # the folder", "serverName: %s # the folder" % new, text)
        return text if count == 1 else self.misfit()

    @staticmethod
    def misfit():
        raise RuntimeError("the README's edit does not fit cluster.yaml")
