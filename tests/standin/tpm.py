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

PIECE = 1 << 20  # bytes of a memory that are looked at at once
CREATE_BYTES, HALF_BYTES = 319, 32
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


# TPM2_CreatePrimary up to the half, as the box sends it: written by the specification, and not by boot/vault/tpm.c.
CREATE = bytes.fromhex(
    "8002" "0000013f" "00000131" "4000000b" "00000009" "40000009" "0000" "01" "0000" "0004" "0000" "0000" "0116"
    "0001" "000b" "00060472" "0000" "0010" "0010" "0800" "00000000" "0100")


def prime(state, half, modulus):
    """A prime of the key that this chip makes with this half, out of swtpm's memory: no command gives it away. The chip
    must not be in use."""
    with Tpm(state) as chip:
        chip.chip.sendall((CREATE + half).ljust(CREATE_BYTES, b"\0"))
        chip.whole(chip.chip.recv)
        for block in memory(chip.process.pid):
            for at in range(len(block) - 127):
                # Both are above 2^1023, and odd.
                if block[at] & 0x80 and block[at + 127] & 1:
                    found = int.from_bytes(block[at:at + 128], "big")
                    if modulus % found == 0:
                        return found
    return None


def memory(pid, least=0):
    """What a process can write to, a piece at a time, each with the end of the one before; `least`: only in mappings of
    that size. Pages of zeros are left out."""
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", buffering=0) as source:
        for line in maps:
            span, mode = line.split()[:2]
            begin, end = (int(one, 16) for one in span.split("-"))
            if mode[:2] != "rw" or end - begin < least or "[v" in line:
                continue
            before = b""
            for at in range(begin, end, PIECE):
                data = os.pread(source.fileno(), min(PIECE, end - at), at)
                if data.count(0) != len(data):
                    yield before + data
                before = data[-256:]


# Of the endorsement hierarchy: a password "pw"; off until the next start.
PASSWORD = "80020000001f000001294000000b00000009400000090000010000" + "00027077"
OFF = "8002000000200000012140 00000b00000009400000090000010000 4000000b00".replace(" ", "")


def wait_for(good, seconds=10):
    end = time.monotonic() + seconds
    while not good() and time.monotonic() < end:
        time.sleep(0.02)
    return good()
