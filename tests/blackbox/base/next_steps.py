"""What `make demo` ends with is run: each command that it offers works as it is printed, from where it was run."""
import os
import subprocess

import kit as kit_module


FLUX = os.path.join(kit_module.REPO, "tests/blackbox/sites/plan/clusters/data/flux-system/gotk-components.yaml")


def demo(kit, **more):
    kit_module.need("netns")
    # Nothing is fetched: a proxy that refuses.
    environment = {"PATH": os.environ["PATH"], "HOME": kit.work, "LANG": "C.UTF-8", "https_proxy": "http://127.0.0.1:9", **more}

    def run(command):
        return subprocess.run(command, cwd=kit.work, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, encoding="utf-8", timeout=120)

    done = run(["python3", "-B", os.path.join(kit.repo, "scripts", "demo.py"), kit.bin, os.path.join(kit.work, "a demo")])
    if done.returncode != 0:
        kit.fail("the demo ended with %d: %s%s" % (done.returncode, done.stdout[-2000:], done.stderr))
    offered = [line.strip() for line in done.stdout.partition("Look around:")[2].splitlines() if line.strip()]
    if len(offered) < 3:
        kit.fail("it offers only %s" % offered)
    for line in offered:
        ended = run(["/bin/sh", "-c", line])
        if ended.returncode != 0 or not ended.stdout:
            kit.fail("%s: ended with %d: %s" % (line, ended.returncode, ended.stderr))
        if "not track" in ended.stderr + ended.stdout:
            kit.fail("%s: the demo's site is no repository: %s" % (line, ended.stderr))


def cases():
    yield "demo", demo
    yield "demo-with-flux", lambda kit: demo(kit, FLUX_COMPONENTS=FLUX)
