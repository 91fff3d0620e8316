"""A real Kubernetes of several nodes on this machine, as root and without Docker.

The control plane runs in one network namespace, each node in another. No namespace has a route out: nothing in the cluster
can reach any other network, and every image has to be loaded.
"""

from __future__ import annotations

import json
import os
import shutil
import textwrap
import time
from pathlib import Path

from tests.cluster import audit, binaries, imagestore, network, ociimage, prerequisites
from tests.cluster.cgroup import CgroupTree
from tests.cluster.dns import resolves
from tests.cluster.instance import Instance, allocate, forget
from tests.cluster.node import PAUSE_IMAGE, Node
from tests.cluster.pki import DOMAIN, Pki, apiserver_flags
from tests.cluster.process import Failed, run, succeeds, tell, until

_CONTROLLER_MANAGER, _SCHEDULER, _DNS = "kube-controller-manager", "kube-scheduler", "coredns"


class LocalCluster:
    """One instance. `up` cleans up what a killed run of the same name has left."""

    def __init__(self, name: str) -> None:
        self.instance: Instance = allocate(name)
        self.home = self.instance.home
        self.kubeconfig, self.logs = self.home / "kubeconfig", self.home / "logs"
        self.audit_log = self.logs / "audit.log"
        self._pki, self._cgroups = Pki(self.home / "pki"), CgroupTree(self.instance.cgroup)
        self._binaries = binaries.ensure()

    # the whole

    def up(self, nodes: int = 2) -> None:
        """Starts the cluster; one that is up and answers is left as it is."""
        if self.is_up():
            return
        self.down()
        prerequisites.ensure()
        self.instance = allocate(self.instance.name)
        self._cgroups = CgroupTree(self.instance.cgroup)
        began = time.monotonic()
        self.logs.mkdir(parents=True)
        self._create_pki(nodes)
        network.build(self.instance, nodes)
        self._start_control_plane()
        self._pack_pause()
        for number in range(1, nodes + 1):
            self.start_node(number)
        until(lambda: self._ready_nodes() == nodes, f"nodes (see {self.logs})")
        tell(f"cluster {self.instance.name}: {nodes} node(s) ready in {time.monotonic() - began:.0f} s")

    def down(self) -> None:
        """Ends every process of the instance and removes all that it made."""
        self._cgroups.kill()
        self._unmount()
        network.remove(self.instance)
        self._cgroups.remove()
        shutil.rmtree(self.instance.run_directory, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)
        forget(self.instance.name)

    def is_up(self) -> bool:
        """Whether the API server answers."""
        return self.kubeconfig.exists() and succeeds(*self._kubectl("get", "--raw", "/readyz", "--request-timeout=5s"))

    # its parts

    def start_node(self, number: int) -> None:
        """Powers a node on."""
        node = Node(self.instance, number)
        self._spawn(f"{node.name}-containerd", self.instance.node_namespace(number), "containerd", "--config", node.write_containerd())
        until(lambda: succeeds("ctr", "-a", node.socket, "version"), f"containerd (see {self.logs}/{node.name}-containerd.log)", 60)
        imagestore.load(node.socket, self.home / "pause.tar")
        self._cgroups.make(node.pods_cgroup)
        self._start_agents(node)

    def stop_node(self, number: int) -> None:
        """Powers a node off: every process of it, its pods' included, ends at once."""
        self._cgroups.kill(f"node{number}-")

    def stop_apiserver(self) -> None:
        """Ends kube-apiserver; everything else goes on."""
        self._cgroups.kill("kube-apiserver")

    def start_apiserver(self) -> None:
        """Starts kube-apiserver; gives back when it answers, and all of Kubernetes that is its client has begun anew.

        Controllers and scheduler do so everywhere: without an API server they lose their Leases within seconds and end. Here they hold
        none, and like the agents on the nodes they would look for it in ever longer intervals, so that for more than a minute nobody
        makes or removes a pod: a test of what the operator does would time that.
        """
        self._start_apiserver()
        self.restart_controller_manager()
        self._cgroups.kill(_SCHEDULER)
        self._start_scheduler()
        self._cgroups.kill(_DNS)
        self._start_dns()
        for node in (Node(self.instance, number) for number in self.nodes()):
            if self._cgroups.pids(f"{node.name}-kubelet"):  # not one that is powered off
                self._cgroups.kill(f"{node.name}-kubelet")
                self._cgroups.kill(f"{node.name}-proxy")
                self._start_agents(node)

    def restart_controller_manager(self, *flags: str) -> None:
        """A new process of kube-controller-manager, with these flags beside the usual ones."""
        self._cgroups.kill(_CONTROLLER_MANAGER)
        self._start_controller_manager(*flags)

    def load(self, archive: Path) -> None:
        """Makes an image archive known to every node."""
        for number in self.nodes():
            imagestore.load(Node(self.instance, number).socket, archive)

    def unload(self, name: str) -> None:
        """Removes an image from every node, under all of its names."""
        for number in self.nodes():
            imagestore.unload(Node(self.instance, number).socket, name)

    def nodes(self) -> list[int]:
        """The numbers of the nodes."""
        return sorted(int(path.name.removeprefix("node")) for path in self.home.glob("node[0-9]*"))

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Runs kubectl as administrator; gives what it printed."""
        return run(*self._kubectl(*arguments), stdin=stdin)

    def helm(self, *arguments: str) -> str:
        """Runs helm as administrator; gives what it printed."""
        return run(self._binaries.helm, "--kubeconfig", self.kubeconfig, *arguments, env={**os.environ, "HELM_NO_PLUGINS": "1"})

    def inside(self, *command: object) -> str:
        """Runs a command where pods and services can be reached by address: on node 1."""
        return run("nsenter", f"--net=/run/netns/{self.instance.node_namespace(1)}", *command)

    # how

    def _start_agents(self, node: Node) -> None:
        """Kubernetes' own processes on a node; containers are containerd's, and do not notice them."""
        kubelet = [f"--config={node.write_kubelet()}", f"--kubeconfig={self.kubeconfig}", f"--hostname-override={node.name}"]
        directories = [f"--root-dir={node.root}/kubelet", f"--cert-dir={node.root}/pki", f"--node-ip={self.instance.address(node.number)}"]
        namespace = self.instance.node_namespace(node.number)
        self._spawn_component(f"{node.name}-kubelet", "kubelet", namespace, *kubelet, *directories)
        self._spawn_component(f"{node.name}-proxy", "kube-proxy", namespace, f"--config={node.write_proxy()}")

    def _start_apiserver(self) -> None:
        self._spawn_component("kube-apiserver", "kube-apiserver", self.instance.control_plane, *self._apiserver_flags())
        until(self.is_up, f"kube-apiserver (see {self.logs}/kube-apiserver.log)")

    def _create_pki(self, nodes: int) -> None:
        addresses = {f"node{number}": self.instance.address(number) for number in range(1, nodes + 1)}
        self._pki.create([self.instance.gateway], addresses)
        self._pki.write_kubeconfig(self.kubeconfig, f"https://{self.instance.gateway}:6443", self.instance.name)

    def _start_control_plane(self) -> None:
        etcd = [f"--data-dir={self.home}/etcd", "--unsafe-no-fsync", "--log-level=warn"]
        self._spawn_component("etcd", "etcd", self.instance.control_plane, *etcd)
        self._start_apiserver()
        self._start_controller_manager()
        self._start_scheduler()
        self._start_dns()

    def _start_scheduler(self) -> None:
        flags = [f"--kubeconfig={self.kubeconfig}", "--leader-elect=false"]
        self._spawn_component(_SCHEDULER, _SCHEDULER, self.instance.control_plane, *flags)

    def _start_controller_manager(self, *more: str) -> None:
        pki = self.home / "pki"
        signing = [f"--cluster-signing-cert-file={pki}/ca.crt", f"--cluster-signing-key-file={pki}/ca.key"]
        accounts = [f"--root-ca-file={pki}/ca.crt", f"--service-account-private-key-file={pki}/sa.key"]
        lost = ["--node-monitor-period=2s", "--node-monitor-grace-period=16s"]  # a lost node is noticed while a test waits
        flags = [f"--kubeconfig={self.kubeconfig}", *accounts, *signing, *lost, "--leader-elect=false", *more]
        self._spawn_component(_CONTROLLER_MANAGER, _CONTROLLER_MANAGER, self.instance.control_plane, *flags)

    def _apiserver_flags(self) -> list[str]:
        pki = self.home / "pki"
        return [
            "--etcd-servers=http://127.0.0.1:2379",
            f"--advertise-address={self.instance.gateway}",
            "--secure-port=6443",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--allow-privileged=true",
            *apiserver_flags(pki),
            f"--kubelet-client-certificate={pki}/kubelet-client.crt",
            f"--kubelet-client-key={pki}/kubelet-client.key",
            f"--kubelet-certificate-authority={pki}/ca.crt",
            "--kubelet-preferred-address-types=InternalIP",
            "--enable-aggregator-routing=true",  # webhooks are called at their pods' addresses: no kube-proxy runs here
            f"--proxy-client-cert-file={pki}/front-proxy.crt",
            f"--proxy-client-key-file={pki}/front-proxy.key",
            f"--requestheader-client-ca-file={pki}/ca.crt",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-username-headers=X-Remote-User",
            *audit.flags(audit.write_policy(self.home / "audit-policy.json"), self.audit_log),
            # a lost node's pods are replaced after 10 s, not 300 s, so that a test can wait for it
            "--default-not-ready-toleration-seconds=10",
            "--default-unreachable-toleration-seconds=10",
        ]

    def _start_dns(self) -> None:
        corefile = self.home / "Corefile"
        corefile.write_text(
            textwrap.dedent(f"""\
            .:53 {{
              bind {self.instance.gateway}
              errors
              kubernetes {DOMAIN} in-addr.arpa {{
                kubeconfig {self.kubeconfig} {self.instance.name}
                pods insecure
                ttl 2
              }}
              cache 2
            }}
            """)
        )
        self._spawn_component(_DNS, _DNS, self.instance.control_plane, "-conf", corefile)
        until(lambda: resolves(self.instance.gateway, f"kubernetes.default.svc.{DOMAIN}"), f"CoreDNS (see {self.logs}/coredns.log)")

    def _pack_pause(self) -> None:
        layer = self.home / "pause-layer"
        layer.mkdir()
        shutil.copy(self._binaries.pause, layer / "pause")
        config = {"Entrypoint": ["/pause"], "User": "65535:65535"}
        ociimage.pack(self.home / "pause.tar", [PAUSE_IMAGE], config, [layer])

    def _ready_nodes(self) -> int:
        path = "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"
        return self.kubectl("get", "nodes", "-o", path).split().count("True")

    def _kubectl(self, *arguments: str) -> list[str]:
        return [str(self._binaries.kubectl), "--kubeconfig", str(self.kubeconfig), *arguments]

    def _spawn_component(self, name: str, component: str, namespace: str, *arguments: object) -> None:
        self._spawn(name, namespace, self._binaries.component(component, self.home / "bin"), *arguments)

    def _spawn(self, name: str, namespace: str, *command: object) -> None:
        """`nsenter --net`, not `ip netns exec`: that one mounts a fresh /sys and hides the cgroups from kubelet."""
        enter = "; ".join(f"echo $$ > {procs}" for procs in self._cgroups.make(name))
        script = f'{enter}; exec "$@" < /dev/null >> {self.logs}/{name}.log 2>&1'
        run("setsid", "--fork", "sh", "-c", script, "sh", "nsenter", f"--net=/run/netns/{namespace}", *command)

    def _unmount(self) -> None:
        """Pods leave mounts and network namespaces behind when they are killed."""
        places = (f"{self.home}/", f"{self.instance.run_directory}/")
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for mount in sorted((mount for mount in mounts if mount.startswith(places)), reverse=True):
            succeeds("umount", "-l", mount)
        for namespace in self._pod_namespaces():
            succeeds("ip", "netns", "del", namespace)

    def _pod_namespaces(self) -> list[str]:
        """The network namespaces of this instance's pods, from the results that CNI keeps under its network's name."""
        found = []
        for result in Path("/var/lib/cni/results").glob(f"{self.instance.cgroup}-*"):
            interfaces = (json.loads(result.read_text()).get("result") or {}).get("interfaces") or []
            found += [Path(one["sandbox"]).name for one in interfaces if one.get("sandbox")]
            result.unlink()
        return sorted(set(found))


def require_up(name: str) -> LocalCluster:
    """The instance of that name. Raises Failed when it is not up."""
    cluster = LocalCluster(name)
    if not cluster.is_up():
        raise Failed(f"cluster {name} is not up; start it with `make cluster-up`")
    return cluster
