"""The image tools' verbs: each makes outputs and ends with a table of them that names those with a credential in."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from common import Settings, Stop, Workspace, report  # noqa: E402
import extension  # noqa: E402
import installer  # noqa: E402
import pxe  # noqa: E402
import segment  # noqa: E402
import sitelayer  # noqa: E402
import talos  # noqa: E402
import usb  # noqa: E402


def main():
    verbs = {
        "extension": lambda settings, work: extension.build(settings),
        "site-layer": sitelayer.build,
        "initrd": segment.build,
        "usb": usb.build,
        "pxe": pxe.build,
        "pxe-serve": lambda settings, work: pxe.serve(settings),
        "installer": installer.build,
        "reset": lambda settings, work: installer.reset(settings),
        "talos-pin": lambda settings, work: talos.build_pin(settings),
    }
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
    if verb not in verbs:
        sys.stderr.write("usage: scripts/image/image %s\n" % "|".join(verbs))
        return 2
    os.umask(0o022)
    try:
        settings = Settings(os.environ)
        with Workspace(settings) as work:
            report(settings, verbs[verb](settings, work))
    except Stop as stop:
        sys.stdout.flush()
        sys.stderr.write("image: %s\n" % stop)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
