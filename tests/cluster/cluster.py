"""One node that is a whole cluster: etcd, the programs of Kubernetes, containerd and the kubelet, in the namespaces of
lan.py.

The authorities, the service account key and the admission settings are those of the machine config that hearth
rendered; flags are what Talos gives where they matter to what runs in a cluster. Everything is below `directory`;
stop() ends it.
"""
import base64
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import time

import build
import images as images_module
import lan as lan_module
import pki
import world as world_module

SERVICES, PODS, FIRST = "10.96.0.0/12", "10.244.0.0/24", "10.96.0.1"
CNI = {"cniVersion": "0.4.0", "name": "pods", "plugins": [
    {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True,
     "ipam": {"type": "host-local", "dataDir": "/run/cni", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}]}},
    {"type": "portmap", "capabilities": {"portMappings": True}}]}
CONTAINERD = """\
version = 2
root = "%(root)s"
state = "%(state)s"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "%(socket)s"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "%(pause)s"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "%(plugins)s"
    conf_dir = "%(cni)s"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
"""


def wait(what, seconds, test, pause=0.3):
    """What test() gives as soon as that is true. A deadline, not a measurement: it is long."""
    end = time.monotonic() + seconds
    while True:
        found = test()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError("%s: not after %d seconds" % (what, seconds))
        time.sleep(pause)


class Cluster:
    def __init__(self, directory, role, node, config, lan, programs=build.BIN):
        """`config` is the machine config as JSON objects (the first document is v1alpha1's)."""
        self.directory, self.role, self.node, self.lan, self.bin = directory, role, node, lan, programs
        self.address = lan_module.NODES[role]
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        for place in ("/run", "/var/log"):  # what containerd and the kubelet write there stays here
            os.makedirs(self.path("machine" + place))
            world_module.bind(self.path("machine" + place), place)
        self.processes, self.config = {}, config
        self.debian = build.debian()
        self._authorities()
        self.kubeconfig = self._kubeconfig("admin", "admin", "system:masters")
        self.context = ssl.create_default_context(cadata=self.authority["k8s"][0])
        self.context.load_cert_chain(self.path("admin.crt"), self.path("admin.key"))

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as out:
            out.write(text)
        os.chmod(self.path(name), 0o600)
        return self.path(name)

    # -- keys

    def _authorities(self):
        cluster = self.config["cluster"]
        pairs = {"k8s": cluster["ca"], "aggregator": cluster["aggregatorCA"], "etcd": cluster["etcd"]["ca"]}
        self.authority = {name: tuple(base64.b64decode(pair[half]).decode() for half in ("crt", "key")) for name, pair in pairs.items()}
        for name, (crt, key) in self.authority.items():
            self.write(name + "-ca.crt", crt)
            self.write(name + "-ca.key", key)
        self.write("service-account.key", base64.b64decode(cluster["serviceAccount"]["key"]).decode())

    def certificate(self, authority, name, subject, names=()):
        """(certificate, key) paths of a new pair."""
        key, crt, request = (self.path(name + end) for end in (".key", ".crt", ".csr"))
        self.write(name + ".key", pki.openssl("ecparam", "-genkey", "-noout", "-name", "prime256v1").decode())
        pki.openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
        extensions = "extendedKeyUsage=serverAuth,clientAuth\nkeyUsage=digitalSignature\n"
        if names:
            extensions += "subjectAltName=" + ",".join(names) + "\n"
        extra = self.write(name + ".ext", extensions)
        pki.openssl("x509", "-req", "-in", request, "-CA", self.path(authority + "-ca.crt"), "-CAkey",
                    self.path(authority + "-ca.key"), "-set_serial", str(int.from_bytes(os.urandom(8), "big") >> 1), "-days", "30",
                    "-sha256", "-extfile", extra, "-out", crt)
        return crt, key

    def _kubeconfig(self, name, user, group):
        crt, key = self.certificate("k8s", name, "/O=%s/CN=%s" % (group, user))
        data = {which: base64.b64encode(open(path, "rb").read()).decode() for which, path in (
            ("ca", self.path("k8s-ca.crt")), ("crt", crt), ("key", key))}
        return self.write(name + ".kubeconfig", json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "admin@" + self.role,
            "clusters": [{"name": self.role, "cluster": {"server": "https://%s:6443" % self.address, "certificate-authority-data": data["ca"]}}],
            "users": [{"name": user, "user": {"client-certificate-data": data["crt"], "client-key-data": data["key"]}}],
            "contexts": [{"name": "admin@" + self.role, "context": {"cluster": self.role, "user": user, "namespace": "default"}}]}))

    # -- processes

    def spawn(self, name, args, environment=None):
        log = open(self.path(name + ".log"), "ab")
        self.processes[name] = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                                                start_new_session=True, env=dict(os.environ, **(environment or {})))

    def program(self, name, *flags):
        self.spawn(name, [os.path.join(self.bin, name)] + list(flags))

    def alive(self):
        """The log's end of a process that ended, or None."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                with open(self.path(name + ".log"), "rb") as log:
                    return "%s ended with %d: %s" % (name, process.returncode, log.read()[-1200:].decode("utf-8", "replace"))
        return None

    def stop(self):
        for name in reversed(list(self.processes)):
            process = self.processes[name]
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
        self._containers_end()
        # Their networks live on where nobody sees them any more, with addresses that the next cluster gives out again.
        done = subprocess.run(["ip", "-o", "link", "show", "type", "veth"], stdout=subprocess.PIPE)
        for line in done.stdout.decode().splitlines():
            subprocess.run(["ip", "link", "delete", line.split(": ")[1].split("@")[0]])
        subprocess.run(["ip", "link", "delete", "cni0"])

    @staticmethod
    def _containers_end():
        """Everything in a process namespace below ours, and the shims, which no longer have a parent."""
        own = os.readlink("/proc/self/ns/pid")
        for pid in [int(name) for name in os.listdir("/proc") if name.isdigit()]:
            try:
                with open("/proc/%d/cmdline" % pid, "rb") as line:
                    shim = b"containerd-shim" in line.read().split(b"\0")[0]
                if shim or os.readlink("/proc/%d/ns/pid" % pid) != own:
                    os.kill(pid, signal.SIGKILL)
            except OSError:
                pass  # it is gone already

    # -- start

    def start(self, prepare):
        """All of it. prepare(images) adds the images of what will run."""
        self.control()
        self.runtime(prepare)
        self.kubelet()

    def control(self):
        etcd = self.certificate("etcd", "etcd", "/CN=etcd", ["IP:127.0.0.1"])
        ca = self.path("etcd-ca.crt")
        self.program("etcd", "--data-dir", self.path("etcd"), "--name", self.node, "--listen-client-urls", "https://127.0.0.1:2379",
                     "--advertise-client-urls", "https://127.0.0.1:2379", "--listen-peer-urls", "https://127.0.0.1:2380",
                     "--initial-advertise-peer-urls", "https://127.0.0.1:2380", "--initial-cluster",
                     self.node + "=https://127.0.0.1:2380", "--unsafe-no-fsync", "--log-level", "warn",
                     "--cert-file", etcd[0], "--key-file", etcd[1], "--trusted-ca-file", ca, "--client-cert-auth",
                     "--peer-cert-file", etcd[0], "--peer-key-file", etcd[1], "--peer-trusted-ca-file", ca)
        names = ["DNS:kubernetes", "DNS:kubernetes.default", "DNS:kubernetes.default.svc", "DNS:localhost",
                 "IP:" + FIRST, "IP:127.0.0.1", "IP:" + self.address]
        server = self.certificate("k8s", "kube-apiserver", "/CN=kube-apiserver", names)
        client = self.certificate("k8s", "kubelet-client", "/O=system:masters/CN=apiserver-kubelet-client")
        front = self.certificate("aggregator", "front-proxy", "/CN=front-proxy-client")
        plugins = [{"name": each["name"], "configuration": each["configuration"]}
                   for each in self.config["cluster"]["apiServer"].get("admissionControl", [])]
        admission = self.write("admission.json", json.dumps({"apiVersion": "apiserver.config.k8s.io/v1", "kind":
                                                             "AdmissionConfiguration", "plugins": plugins}))
        self.program("kube-apiserver", "--etcd-servers=https://127.0.0.1:2379", "--etcd-cafile=" + ca, "--etcd-certfile=" + etcd[0],
                     "--etcd-keyfile=" + etcd[1], "--advertise-address=" + self.address, "--bind-address=0.0.0.0", "--secure-port=6443",
                     "--tls-cert-file=" + server[0], "--tls-private-key-file=" + server[1], "--client-ca-file=" + self.path("k8s-ca.crt"),
                     "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
                     "--admission-control-config-file=" + admission, "--allow-privileged=true", "--enable-bootstrap-token-auth=true",
                     "--service-account-issuer=https://%s:6443" % self.address, "--service-account-key-file=" + self.path("service-account.key"),
                     "--service-account-signing-key-file=" + self.path("service-account.key"), "--service-cluster-ip-range=" + SERVICES,
                     "--kubelet-client-certificate=" + client[0], "--kubelet-client-key=" + client[1],
                     "--kubelet-preferred-address-types=InternalIP", "--requestheader-client-ca-file=" + self.path("aggregator-ca.crt"),
                     "--requestheader-allowed-names=front-proxy-client", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
                     "--requestheader-group-headers=X-Remote-Group", "--requestheader-username-headers=X-Remote-User",
                     "--proxy-client-cert-file=" + front[0], "--proxy-client-key-file=" + front[1], "--profiling=false")
        wait("kube-apiserver", 240, lambda: self.checked(lambda: self.api("GET", "/readyz", quiet=True) is not None))
        manager = self._kubeconfig("kube-controller-manager", "system:kube-controller-manager", "system:kube-controller-manager")
        self.program("kube-controller-manager", "--kubeconfig=" + manager, "--use-service-account-credentials=true", "--leader-elect=false",
                     "--service-account-private-key-file=" + self.path("service-account.key"), "--root-ca-file=" + self.path("k8s-ca.crt"),
                     "--cluster-signing-cert-file=" + self.path("k8s-ca.crt"), "--cluster-signing-key-file=" + self.path("k8s-ca.key"),
                     "--authentication-kubeconfig=" + manager, "--authorization-kubeconfig=" + manager,
                     "--controllers=*,-nodeipam,-node-route-controller")
        scheduler = self._kubeconfig("kube-scheduler", "system:kube-scheduler", "system:kube-scheduler")
        self.program("kube-scheduler", "--kubeconfig=" + scheduler, "--leader-elect=false", "--authentication-kubeconfig=" + scheduler,
                     "--authorization-kubeconfig=" + scheduler)

    def checked(self, test):
        ended = self.alive()
        if ended:
            raise RuntimeError(ended)
        return test()

    def runtime(self, prepare):
        plugins = os.path.join(self.debian, "usr", "lib", "cni")
        self.socket = self.path("containerd.sock")
        self.write("cni/10-pods.conflist", json.dumps(CNI))
        config = self.write("containerd.toml", CONTAINERD % {
            "root": self.path("containerd"), "state": self.path("containerd-state"), "socket": self.socket, "pause": images_module.PAUSE,
            "plugins": plugins, "cni": self.path("cni")})
        binaries = os.path.join(self.debian, "usr", "bin")
        self.spawn("containerd", [os.path.join(binaries, "containerd"), "--config", config],
                   {"PATH": binaries + ":" + plugins + ":" + os.environ["PATH"]})
        ctr = [os.path.join(binaries, "ctr"), "--address", self.socket]
        wait("containerd", 60, lambda: self.checked(lambda: subprocess.run(ctr + ["version"], stdout=subprocess.DEVNULL,
                                                                           stderr=subprocess.DEVNULL).returncode == 0))
        images = images_module.Images(self.path("images.tar"), self.lan.world.keys.roots())
        images.program(images_module.PAUSE, os.path.join(self.bin, "stand"))
        prepare(images)
        images.load(ctr)

    def kubelet(self):
        own = self._kubeconfig("kubelet", "system:node:" + self.node, "system:nodes")
        pair = self.certificate("k8s", "kubelet-server", "/O=system:nodes/CN=system:node:" + self.node, ["IP:" + self.address, "DNS:" + self.node])
        # It would set these for the whole machine; they are so already, as far as it can see.
        for name, value in (("vm/overcommit_memory", "1"), ("vm/panic_on_oom", "0"), ("kernel/panic", "10"), ("kernel/panic_on_oops", "1")):
            if os.path.exists("/proc/sys/" + name):
                world_module.bind(self.write("sysctl/" + name.replace("/", "-"), value + "\n"), "/proc/sys/" + name)
        config = self.write("kubelet.json", json.dumps({
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "failCgroupV1": False, "cgroupDriver": "cgroupfs",
            "cgroupsPerQOS": False, "enforceNodeAllocatable": [], "failSwapOn": False, "clusterDNS": [lan_module.DNS],
            "clusterDomain": "cluster.local", "containerRuntimeEndpoint": "unix://" + self.socket, "evictionHard": {"imagefs.available": "0%",
            "nodefs.available": "0%", "nodefs.inodesFree": "0%", "memory.available": "0%"}, "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99, "tlsCertFile": pair[0], "tlsPrivateKeyFile": pair[1], "address": "0.0.0.0",
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True}, "x509": {"clientCAFile": self.path("k8s-ca.crt")}},
            "authorization": {"mode": "Webhook"}, "maxPods": 110, "podCIDR": PODS, "resolvConf": "/etc/resolv.conf",
            "serializeImagePulls": True, "nodeStatusUpdateFrequency": "10s", "shutdownGracePeriod": "0s", "localStorageCapacityIsolation": False}))
        self.program("kubelet", "--config=" + config, "--kubeconfig=" + own, "--root-dir=" + self.path("kubelet"), "--node-ip=" + self.address,
                     "--hostname-override=" + self.node, "--cert-dir=" + self.path("kubelet-pki"))
        proxy = self._kubeconfig("kube-proxy", "system:kube-proxy", "system:node-proxier")
        proxied = self.write("kube-proxy.json", json.dumps({
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "nftables", "clusterCIDR": "10.244.0.0/16",
            "clientConnection": {"kubeconfig": proxy}, "hostnameOverride": self.node, "conntrack": {"maxPerCore": 0, "min": 0},
            "nodePortAddresses": [self.address + "/32"]}))
        self.program("kube-proxy", "--config=" + proxied)
        self.lan.names.service = self.service
        wait("the node", 180, lambda: self.checked(self.ready))

    def ready(self):
        node = self.get("/api/v1/nodes/" + self.node)
        return node and any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"].get("conditions", []))

    def service(self, name, namespace):
        found = self.api("GET", "/api/v1/namespaces/%s/services/%s" % (namespace, name), quiet=True)
        address = found and found["spec"].get("clusterIP")
        return address if address not in (None, "", "None") else None

    # -- the API

    def api(self, method, path, body=None, kind="application/merge-patch+json", quiet=False):
        """The answer's JSON (or text); None when it is 404, or when `quiet` and anything is wrong."""
        try:
            connection = http.client.HTTPSConnection(self.address, 6443, timeout=30, context=self.context)
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": kind, "Accept": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
            connection.close()
        except (OSError, http.client.HTTPException):
            if quiet:
                return None
            raise
        if answer.status >= 400:
            if quiet or answer.status == 404:
                return None
            raise RuntimeError("%s %s: %d %s" % (method, path, answer.status, text[:500]))
        try:
            return json.loads(text)
        except ValueError:
            return text

    def get(self, path):
        return self.api("GET", path)

    def kubectl(self, *args, stdin=None, timeout=120):
        """(status, what it printed)."""
        done = subprocess.run([os.path.join(self.bin, "kubectl"), "--kubeconfig", self.kubeconfig] + list(args), input=stdin,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
        return done.returncode, done.stdout.decode("utf-8", "replace")
