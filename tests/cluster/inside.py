"""What a run of whole clusters needs of this machine, and its namespaces."""
import os
import shutil
import subprocess
import sys

import build

INSIDE = "HEARTH_CLUSTER_INSIDE"


def lacking(needs):
    """A reason why nothing can run here, or None. `needs` is a set of scripts/deps."""
    if os.geteuid() != 0:
        return "root is needed: the kubelet and containerd run here"
    if shutil.which("go") is None:
        return "go is not installed"
    done = subprocess.run([os.path.join(build.REPO, "scripts", "deps"), needs], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode else None


def inside():
    """This program once more in a process namespace of its own: whatever it starts ends with it."""
    os.environ[INSIDE] = "1"
    return subprocess.run(["unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc", sys.executable]
                          + sys.argv).returncode


def swept():
    """The control groups that containers left behind."""
    for top, folders, _ in os.walk("/sys/fs/cgroup", topdown=False):
        if "/k8s.io" in top:
            try:
                os.rmdir(top)
            except OSError:
                pass
