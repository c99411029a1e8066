"""A TPM 2.0 for a test that has no kernel of its own: swtpm behind a terminal, which a tree's dev/tpmrm0 leads to.

A terminal in raw mode hands bytes through as the device does, a command a write and an answer a read. What goes by is
counted, and `refuse` names command codes that are answered with TPM_RC_COMMAND_CODE.
"""
import os
import shutil
import socket
import subprocess
import threading
import time
import tty

REFUSED = bytes.fromhex("80010000000a00000143")


def lacks():
    """Why there is none here, or None."""
    return None if shutil.which("swtpm") else "swtpm is not installed: scripts/deps test"


class Tpm:
    """state: the directory that makes it this chip and no other."""

    def __init__(self, state, refuse=()):
        os.makedirs(state, exist_ok=True)
        self.refuse, self.commands = set(refuse), []
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state, "--fd", str(theirs.fileno()),
                                         "--flags", "not-need-init,startup-clear"], pass_fds=[theirs.fileno()],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        theirs.close()
        self.chip = ours
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @staticmethod
    def whole(take):
        """One command or answer: its size stands behind the tag."""
        data = b""
        while len(data) < 10 or len(data) < int.from_bytes(data[2:6], "big"):
            more = take(4096)
            if not more:
                raise OSError("the end")
            data += more
        return data

    def serve(self):
        try:
            while True:
                command = self.whole(lambda n: os.read(self.master, n))
                code = int.from_bytes(command[6:10], "big")
                self.commands.append(code)
                if code in self.refuse:
                    os.write(self.master, REFUSED)
                    continue
                self.chip.sendall(command)
                os.write(self.master, self.whole(self.chip.recv))
        except OSError:
            pass

    def into(self, sysroot):
        """The device of a tree."""
        dev = os.path.join(sysroot, "dev")
        os.makedirs(dev, exist_ok=True)
        path = os.path.join(dev, "tpmrm0")
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(self.path, path)

    def ask(self, command):
        """A command of the test's own, in hexadecimal; the code it is answered with. Nobody else may be speaking."""
        self.chip.sendall(bytes.fromhex(command))
        return int.from_bytes(self.whole(self.chip.recv)[6:10], "big")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.slave)
        self.thread.join(5)
        self.chip.close()


# Of the endorsement hierarchy: a password "pw"; off until the next start.
PASSWORD = "80020000001f000001294000000b00000009400000090000010000" + "00027077"
OFF = "8002000000200000012140 00000b00000009400000090000010000 4000000b00".replace(" ", "")


def wait_for(good, seconds=10):
    end = time.monotonic() + seconds
    while not good() and time.monotonic() < end:
        time.sleep(0.02)
    return good()
