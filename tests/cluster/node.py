"""One node: containerd, kubelet and kube-proxy in a network namespace of its own."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.instance import Instance
from tests.cluster.pki import DOMAIN

PAUSE_IMAGE = "docker.io/flinkop/pause:1"


@dataclass(frozen=True, slots=True)
class Node:
    """The configuration files of node `number`, counted from 1."""

    instance: Instance
    number: int

    @property
    def name(self) -> str:
        """The node's name in Kubernetes."""
        return f"node{self.number}"

    @property
    def root(self) -> Path:
        """Images, pods and logs."""
        return self.instance.home / self.name

    @property
    def socket(self) -> Path:
        """containerd's socket."""
        return self.instance.run_directory / self.name / "containerd.sock"

    @property
    def pods_cgroup(self) -> str:
        """The cgroup of the node's pods."""
        return f"{self.name}-pods"

    def write_containerd(self) -> Path:
        """containerd's configuration."""
        _write_json(self.root / "cni" / "10-local.conflist", self._cni())
        return _write(
            self.root / "containerd.toml",
            f"""\
            version = 2
            root = "{self.root}/containerd"
            state = "{self.socket.parent}/containerd"
            disabled_plugins = ["io.containerd.internal.v1.opt"]
            [grpc]
              address = "{self.socket}"
            [plugins."io.containerd.grpc.v1.cri"]
              sandbox_image = "{PAUSE_IMAGE}"
              # without CAP_SYS_RESOURCE nobody may lower oom_score_adj, and runc would fail to start any pod
              restrict_oom_score_adj = true
              [plugins."io.containerd.grpc.v1.cri".containerd]
                default_runtime_name = "runc"
                [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
                  runtime_type = "io.containerd.runc.v2"
              [plugins."io.containerd.grpc.v1.cri".cni]
                bin_dir = "/usr/lib/cni"
                conf_dir = "{self.root}/cni"
            """,
        )

    def write_kubelet(self) -> Path:
        """kubelet's configuration."""
        pki = self.instance.home / "pki"
        authentication = {"anonymous": {"enabled": False}, "x509": {"clientCAFile": f"{pki}/ca.crt"}, "webhook": {"enabled": True}}
        return _write_json(
            self.root / "kubelet.json",
            {
                "kind": "KubeletConfiguration",
                "apiVersion": "kubelet.config.k8s.io/v1beta1",
                "authentication": authentication,
                "authorization": {"mode": "Webhook"},
                "tlsCertFile": f"{pki}/{self.name}.crt",
                "tlsPrivateKeyFile": f"{pki}/{self.name}.key",
                "cgroupDriver": "cgroupfs",
                "cgroupRoot": f"/{self.instance.cgroup}/{self.pods_cgroup}",
                "enforceNodeAllocatable": [],
                "failSwapOn": False,
                "clusterDNS": [self.instance.gateway],
                "clusterDomain": DOMAIN,
                "resolvConf": "",
                "containerRuntimeEndpoint": f"unix://{self.socket}",
                "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%"},
                "imageGCHighThresholdPercent": 100,
                "podLogsDir": str(self.root / "pod-logs"),
                "volumePluginDir": str(self.root / "volume-plugins"),
                "nodeStatusUpdateFrequency": "4s",
                "healthzPort": 0,
                "readOnlyPort": 0,
                "maxPods": 250,
                "serializeImagePulls": False,
            },
        )

    def write_proxy(self) -> Path:
        """kube-proxy's configuration."""
        return _write_json(
            self.root / "proxy.json",
            {
                "kind": "KubeProxyConfiguration",
                "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
                "mode": "iptables",
                "clientConnection": {"kubeconfig": str(self.instance.home / "kubeconfig")},
                "clusterCIDR": "10.244.0.0/16",
                "hostnameOverride": self.name,
                "conntrack": {"maxPerCore": 0},
                "iptables": {"minSyncPeriod": "0s"},
            },
        )

    def _cni(self) -> dict[str, Any]:
        """`ptp` routes every packet, so services work without bridge netfilter."""
        ranges = [[{"subnet": f"10.244.{self.number}.0/24"}]]
        ipam = {"type": "host-local", "dataDir": str(self.root / "ipam"), "ranges": ranges, "routes": [{"dst": "0.0.0.0/0"}]}
        return {"cniVersion": "1.0.0", "name": self.instance.cgroup, "plugins": [{"type": "ptp", "ipMasq": False, "ipam": ipam}]}


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    return path


def _write_json(path: Path, content: object) -> Path:
    return _write(path, json.dumps(content))
