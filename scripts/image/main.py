"""The image tools' verbs: each makes outputs and ends with a table of them that names those with a credential in."""
import os
import signal
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


def ended(number, _):
    """A signal that would end the program at once: what it has open is closed and removed on the way out."""
    raise SystemExit(128 + number)


def main():
    makes = {
        "extension": extension.build,
        "site-layer": sitelayer.build,
        "initrd": segment.build,
        "usb": usb.build,
        "pxe": pxe.build,
        "installer": installer.build,
    }
    others = {"pxe-serve": pxe.serve, "reset": installer.reset, "talos-pin": talos.build_pin}
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
    if verb not in makes and verb not in others:
        sys.stderr.write("usage: scripts/image/image %s\n" % "|".join(list(makes) + list(others)))
        return 2
    os.umask(0o022)
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"  # as scripts/deps looks; su keeps a user's
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, ended)
    try:
        settings = Settings(os.environ)
        if verb in others:
            others[verb](settings)
        else:
            with Workspace(settings) as work:
                rows = makes[verb](settings, work)
                report(settings, rows)
                sitelayer.unignored(rows)
    except Stop as stop:
        sys.stdout.flush()
        sys.stderr.write("image: %s\n" % stop)
        return 1
    except OSError as error:
        where = "%s: " % error.filename if error.filename else ""
        sys.stderr.write("image: %s%s\n" % (where, error.strerror))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
