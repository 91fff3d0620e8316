"""The operator under test: the project's chart with the image built from the present sources, one replica."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.bench import operatorprocess
from tests.bench.operatorprocess import OperatorProcess
from tests.cluster import operatorimage, place
from tests.cluster.localcluster import LocalCluster
from tests.cluster.process import Failed, until

NAMESPACE = "flink-operator"
AGENT = "flinkop/"
_CHART = place.REPOSITORY / "charts" / "flinkop"
_NAME = "flinkop"


@dataclass(slots=True)
class OperatorUnderTest:
    """All methods block; none is quick."""

    cluster: LocalCluster
    _process: OperatorProcess | None = field(default=None)

    def install(self) -> None:
        """Installs the chart with its own values: only the image and the number of replicas are set."""
        self.cluster.load(operatorimage.ensure())
        image = ("--set", "image.repository=localhost/flinkop", "--set", "image.tag=dev", "--set", "replicas=1")
        chart = ("upgrade", "--install", _NAME, str(_CHART), "-n", NAMESPACE, "--create-namespace", *image)
        self.cluster.helm(*chart)
        self.restart()

    def stop(self) -> None:
        """Ends the operator in order, and waits for the end."""
        self._process = None
        self._scale(0)
        until(lambda: not self._pods(), "end of the operator", 60, 0.05)

    def start(self) -> None:
        """Starts the operator; does not wait."""
        self._scale(1)

    def restart(self) -> None:
        """A new process, ready to work: what the last one kept in memory is not measured with this one's."""
        self.stop()
        self.start()
        self.kubectl("rollout", "status", f"deployment/{_NAME}", "--timeout=60s")

    @property
    def process(self) -> OperatorProcess:
        """Its process. Raises Failed when there is none."""
        if self._process is None:
            pods = self._pods()
            self._process = operatorprocess.find(pods[0]["metadata"]["uid"]) if len(pods) == 1 else None
        if self._process is None:
            raise Failed("no process of the operator was found")
        return self._process

    def resources(self) -> dict[str, Any]:
        """Requests and limits of its container: without a CPU limit it is never throttled."""
        container = self._pods()[0]["spec"]["containers"][0]
        return dict(container.get("resources") or {})

    def log(self, since: datetime) -> str:
        """What it has logged since then, to the second."""
        return self.kubectl("logs", f"deployment/{_NAME}", f"--since-time={since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")

    def kubectl(self, *arguments: str) -> str:
        """kubectl in the operator's namespace."""
        return self.cluster.kubectl("-n", NAMESPACE, *arguments)

    def _scale(self, replicas: int) -> None:
        self.kubectl("scale", f"deployment/{_NAME}", f"--replicas={replicas}")

    def _pods(self) -> list[dict[str, Any]]:
        found = self.kubectl("get", "pods", "-l", f"app.kubernetes.io/name={_NAME}", "-o", "json")
        return list(json.loads(found)["items"])
