"""What README tells a person to type, taken out of README's own text."""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
INSTALL = re.compile(r"(?:sudo )?apt-get install ([a-z0-9 .+-]+)")


def start():
    """The lines of code in README's first section that installs packages, without their comments."""
    with open(os.path.join(REPO, "README.md"), encoding="utf-8") as readme:
        sections = re.split(r"^## ", readme.read(), flags=re.M)
    for section in sections:
        code = [line.split("#")[0].strip() for line in re.findall(r"^(?: {4}|\t)(.*)$", section, re.M)]
        if any(INSTALL.fullmatch(line) for line in code):
            return code
    return []


def packages():
    """The packages that a person installs before the first make."""
    for line in start():
        found = INSTALL.fullmatch(line)
        if found:
            return found.group(1).split()
    raise SystemExit("desks: README's start names no packages: apt-get install ... before the first make")


def says(command):
    return command in start()
