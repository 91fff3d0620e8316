"""etcd and kube-apiserver alone, on free ports of 127.0.0.1: a real API server in about three seconds, for component tests."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import ssl
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from tests.cluster import audit, binaries
from tests.cluster.pki import Pki, apiserver_flags
from tests.cluster.process import Failed, until

_HOST = "127.0.0.1"
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")  # a test run that is killed leaves nothing behind


class ControlPlane:
    """Starts and stops the two processes. `restart` keeps the data and the ports, so clients find it again."""

    def __init__(self, home: Path, *extra_flags: str) -> None:
        self.home, self._extra_flags = home, extra_flags
        self.kubeconfig, self.audit_log = home / "kubeconfig", home / "audit.log"
        self._pki, self._binaries = Pki(home / "pki"), binaries.ensure()
        self._ports = _free_ports(3)
        self._etcd: subprocess.Popen[bytes] | None = None
        self._apiserver: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The API server's base URL."""
        return f"https://{_HOST}:{self._ports[0]}"

    @property
    def etcd_url(self) -> str:
        """etcd's base URL."""
        return f"http://{_HOST}:{self._ports[1]}"

    @property
    def token(self) -> str:
        """The administrator's token."""
        return self._pki.token

    @property
    def ca(self) -> Path:
        """The certificate that signs the API server's."""
        return self._pki.authority

    def start(self) -> None:
        """Starts both; gives back when the API server answers."""
        if not self._pki.authority.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            self._pki.create([_HOST], {})
            self._pki.write_kubeconfig(self.kubeconfig, self.url, "component")
        if self._etcd is None:
            self._etcd = self._spawn("etcd", *self._etcd_flags())
        self.start_apiserver()

    def start_apiserver(self) -> None:
        """Starts kube-apiserver alone."""
        self.spawn_apiserver()
        self.wait_until_ready()

    def spawn_apiserver(self) -> None:
        """Begins to start kube-apiserver. Not in a thread that ends: with it kube-apiserver would."""
        self._apiserver = self._spawn("kube-apiserver", *self._apiserver_flags())

    def wait_until_ready(self) -> None:
        """Waits until kube-apiserver answers."""
        until(self._is_ready, f"kube-apiserver (see {self.home}/kube-apiserver.log)", 60, 0.1)

    def stop_apiserver(self, signal_number: int = signal.SIGKILL) -> None:
        """Ends kube-apiserver; etcd and its data stay."""
        self._apiserver = _end(self._apiserver, signal_number)

    def restart(self) -> None:
        """kube-apiserver goes away and comes back at the same address."""
        self.stop_apiserver()
        self.start_apiserver()

    def compact(self) -> None:
        """Has etcd forget all history. What kube-apiserver's own cache still remembers goes with `restart`."""
        revision = self._ask_etcd("range", {"key": "Lw=="})["header"]["revision"]
        self._ask_etcd("compaction", {"revision": revision, "physical": True})

    def stop(self) -> None:
        """Ends both and removes all data."""
        self.stop_apiserver()
        self._etcd = _end(self._etcd, signal.SIGKILL)
        shutil.rmtree(self.home, ignore_errors=True)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Runs kubectl as administrator; gives what it printed."""
        command = [str(self._binaries.kubectl), "--kubeconfig", str(self.kubeconfig), *arguments]
        done = subprocess.run(command, text=True, capture_output=True, input=stdin, check=False)
        if done.returncode:
            raise Failed(f"kubectl {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def wait_for_definitions(self) -> None:
        """Waits until all CustomResourceDefinitions are served; `kubectl wait` fails on one that has no conditions yet."""
        until(self._all_established, "CustomResourceDefinitions", 60)

    def _all_established(self) -> bool:
        definitions = json.loads(self.kubectl("get", "crd", "-o", "json"))["items"]
        served = {"type": "Established", "status": "True"}
        return all(
            any(served.items() <= condition.items() for condition in one.get("status", {}).get("conditions") or ()) for one in definitions
        )

    def _spawn(self, name: str, *flags: str) -> subprocess.Popen[bytes]:
        program = self._binaries.component(name, self.home / "bin")
        with (self.home / f"{name}.log").open("ab") as log:
            return subprocess.Popen([*_DIES_WITH_US, str(program), *flags], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _etcd_flags(self) -> list[str]:
        peer = f"http://{_HOST}:{self._ports[2]}"
        urls = [f"--listen-client-urls={self.etcd_url}", f"--advertise-client-urls={self.etcd_url}", f"--listen-peer-urls={peer}"]
        data = f"--data-dir={self.home}/etcd"
        return [
            data,
            *urls,
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]

    def _apiserver_flags(self) -> list[str]:
        policy = audit.write_policy(self.home / "audit-policy.json")
        return [
            f"--etcd-servers={self.etcd_url}",
            f"--advertise-address={_HOST}",
            f"--bind-address={_HOST}",
            f"--secure-port={self._ports[0]}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--allow-privileged=true",
            "--endpoint-reconciler-type=none",
            *apiserver_flags(self.home / "pki"),
            *audit.flags(policy, self.audit_log),
            *self._extra_flags,
        ]

    def _ask_etcd(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.etcd_url}/v3/kv/{what}", data=json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            return dict(json.load(answer))

    def _is_ready(self) -> bool:
        if self._apiserver is None or self._apiserver.poll() is not None:
            raise Failed(f"kube-apiserver has ended; see {self.home}/kube-apiserver.log")
        request = urllib.request.Request(f"{self.url}/readyz", headers={"Authorization": f"Bearer {self.token}"})
        try:
            with urllib.request.urlopen(request, timeout=2, context=ssl.create_default_context(cafile=str(self.ca))) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def _end(process: subprocess.Popen[bytes] | None, signal_number: int) -> None:
    if process is not None and process.poll() is None:
        process.send_signal(signal_number)
        process.wait(30)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind((_HOST, 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
