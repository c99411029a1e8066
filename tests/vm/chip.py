"""A box's TPM: swtpm, behind the device that QEMU makes of it. And the private key of a login that is born in it, which
the chip gives to nobody, to look for where it must not be."""
import base64
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time

import lan as lan_module

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "standin"))
import tpm  # noqa: E402

PART = 12  # bytes of a number that are enough to know it by: 16 characters of base64
EXPONENT = 65537


class Chip:
    """One power-on of a chip. state: the directory that makes it this one and no other; device: QEMU's; old: a TPM
    1.2."""

    def __init__(self, state, device, old=False):
        os.makedirs(state, exist_ok=True)
        # Where it is short: the path of a socket has 108 bytes.
        self.path = os.path.join(tempfile.gettempdir(), "hearth-vm-tpm-%d" % os.getpid())
        self.device = device
        self.command = ["swtpm", "socket", "--tpmstate", "dir=" + state, "--ctrl", "type=unixio,path=" + self.path, "--terminate"]
        self.command += [] if old else ["--tpm2"]

    def into(self, arguments):
        """What QEMU is told beyond the box, and of this chip."""
        return lambda box: arguments(box) + ["-chardev", "socket,id=chip,path=" + self.path, "-tpmdev", "emulator,id=tpm,chardev=chip",
                                             "-device", self.device + ",tpmdev=tpm"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, preexec_fn=lan_module.dies_with_us)
        tpm.wait_for(lambda: os.path.exists(self.path) or self.process.poll() is not None)
        return self

    def __exit__(self, *_):
        # It ends with QEMU's connection, and writes its state before.
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if os.path.exists(self.path):
            os.unlink(self.path)


def parts(number):
    """What is enough to know a number by: in both orders of bytes, in hexadecimal, in base64 wherever it begins."""
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    middle = len(data) // 2
    return [data[middle:middle + PART], data[::-1][middle:middle + PART], data[middle:middle + PART].hex().encode()] + [
        base64.b64encode(data[middle + shift:middle + shift + PART]) for shift in range(3)]


class Key:
    """The private key that belongs to a certificate. state: of the chip, which is copied to `where`."""

    def __init__(self, state, half, certificate, where):
        shutil.rmtree(where, ignore_errors=True)
        shutil.copytree(state, os.path.join(where, "chip"))
        modulus = int(openssl(["x509", "-noout", "-modulus"], certificate).decode().strip().partition("=")[2], 16)
        p = tpm.prime(os.path.join(where, "chip"), base64.b64decode(half)[:tpm.HALF_BYTES], modulus)
        if p is None:
            raise AssertionError("the swtpm that made the key does not hold its primes")
        q = modulus // p
        phi = (p - 1) * (q - 1)
        d = pow(EXPONENT, -1, phi)
        rest = [d % (p - 1), d % (q - 1), pow(q, -1, p)]
        # RFC 8017 section A.1.2; openssl judges it.
        self.file = openssl(["rsa", "-check", "-inform", "DER"], der([0, modulus, EXPONENT, d, p, q] + rest))
        # The others are of no use without these, and a chip keeps a prime alone.
        smaller = pow(EXPONENT, -1, phi // math.gcd(p - 1, q - 1))
        self.parts = [part for number in (d, smaller, p, q) for part in parts(number)]
        shutil.rmtree(where)
        if not self.inside(b"".join(self.file.split())):
            raise AssertionError("a private key is not found in its own file")

    def inside(self, data):
        """Whether any number of it is in these bytes."""
        return any(part in data for part in self.parts)


def openssl(words, data):
    return subprocess.run(["openssl"] + words, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def der(numbers):
    """A SEQUENCE of INTEGERs."""
    def wrap(tag, body):
        size = len(body).to_bytes(2, "big")
        return bytes([tag, 0x82]) + size + body if len(body) > 255 else bytes([tag, 0x81, len(body)]) + body if len(body) > 127 else bytes(
            [tag, len(body)]) + body
    return wrap(0x30, b"".join(wrap(2, number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in numbers))
