"""A real Prometheus, beside the pods of the local cluster: it finds operator and jobs as docs/monitoring.md says.

Debian's is built without Kubernetes discovery. What that would tell is written into files, so that the documented rules choose from it.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from tests.cluster import place, prerequisites
from tests.cluster.localcluster import LocalCluster
from tests.cluster.process import Failed, until

_ADDRESS = "127.0.0.1:9090"
_ALERTS = place.REPOSITORY / "charts" / "flinkop" / "alerts.yaml"
_DOCUMENT = place.REPOSITORY / "docs" / "monitoring.md"

Series = tuple[dict[str, str], list[tuple[float, float]]]
"""Labels, and values by time."""


class Prometheus:
    """One process; `directory` is for its configuration and data."""

    def __init__(self, cluster: LocalCluster, directory: Path) -> None:
        self._cluster, self._directory = cluster, directory
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._discovery = threading.Thread(target=self._discover, daemon=True)

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        prerequisites.ensure_command("promtool")
        (self._directory / "alerts.yaml").write_text(yaml.safe_dump({"groups": hurried(yaml.safe_load(_ALERTS.read_text())["groups"])}))
        (self._directory / "prometheus.yaml").write_text(yaml.safe_dump(self._configuration()))
        self._discovery.start()
        network = f"--net=/run/netns/{self._cluster.instance.node_namespace(1)}"
        flags = ["--config.file=prometheus.yaml", "--storage.tsdb.path=data", f"--web.listen-address={_ADDRESS}"]
        with (self._directory / "log").open("wb") as log:
            self._process = subprocess.Popen(["nsenter", network, "prometheus", *flags], cwd=self._directory, stdout=log, stderr=log)
        until(self._is_ready, f"Prometheus (see {self._directory}/log)", 30)

    def stop(self) -> None:
        """Ends it."""
        self._stopping.set()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def query_range(self, expr: str, seconds: float, end: float, step: float = 2) -> list[Series]:
        """What a query gave in the `seconds` up to `end`, without what is not a number."""
        found = self._ask("query_range", query=expr, start=f"{end - seconds:.0f}", end=f"{end:.0f}", step=f"{step}")["result"]
        series = [(one["metric"], [(at, float(value)) for at, value in one["values"]]) for one in found]
        numbers = [(labels, [(at, value) for at, value in values if not math.isnan(value)]) for labels, values in series]
        return [(labels, values) for labels, values in numbers if values]

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        return {one["labels"]["alertname"] for one in self._ask("alerts")["alerts"] if one["state"] == "firing"}

    def _ask(self, what: str, **parameters: str) -> dict[str, Any]:
        data = [part for name, value in parameters.items() for part in ("--data-urlencode", f"{name}={value}")]
        answer = json.loads(self._cluster.inside("curl", "-s", "-m", "10", "-G", *data, f"http://{_ADDRESS}/api/v1/{what}"))
        if answer["status"] != "success":
            raise Failed(f"Prometheus: {answer.get('error')}: {parameters}")
        return dict(answer["data"])

    def _discover(self) -> None:
        while not self._stopping.wait(2):
            with contextlib.suppress(Failed):
                self._write("pod", list(pods(self._get("pods"))))
                self._write("endpoints", list(endpoints(self._get("services"), self._get("endpoints"))))

    def _write(self, role: str, targets: list[dict[str, Any]]) -> None:
        fresh = self._directory / f"{role}.new"
        fresh.write_text(json.dumps(targets))
        fresh.rename(self._directory / f"{role}.json")

    def _get(self, kind: str) -> list[dict[str, Any]]:
        return list(json.loads(self._cluster.kubectl("get", kind, "-A", "-o", "json"))["items"])

    def _is_ready(self) -> bool:
        try:
            self._cluster.inside("curl", "-sf", "-m", "2", f"http://{_ADDRESS}/-/ready")
        except Failed:
            return False
        return True

    def _configuration(self) -> dict[str, Any]:
        """The example of the documentation, as somebody outside the cluster uses it, and faster."""
        (text,) = [block for block in re.findall(r"```yaml\n(.*?)```", _DOCUMENT.read_text(), re.DOTALL) if "scrape_configs" in block]
        configuration = dict(yaml.safe_load(text))
        for job in configuration["scrape_configs"]:
            (discovery,) = job.pop("kubernetes_sd_configs")
            job["file_sd_configs"] = [{"files": [f"{discovery['role']}.json"], "refresh_interval": "2s"}]
        every = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s"}
        return {"global": every, "rule_files": ["alerts.yaml"], **configuration}


def pods(found: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Targets with the labels that Prometheus' discovery of pods gives them: one for each port."""
    for pod in found:
        metadata, address = pod["metadata"], (pod.get("status") or {}).get("podIP")
        ports = [port["containerPort"] for one in pod["spec"]["containers"] for port in one.get("ports") or ()]
        labels = {"namespace": metadata["namespace"], "pod_name": metadata["name"], **_words("pod", metadata)}
        for port in ports if address else ():
            yield _target(f"{address}:{port}", labels)


def endpoints(services: Iterable[Mapping[str, Any]], found: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Targets with the labels that Prometheus' discovery of endpoints gives them."""
    by_key = {(one["metadata"]["namespace"], one["metadata"]["name"]): one["metadata"] for one in services}
    for one in found:
        namespace, name = key = one["metadata"]["namespace"], one["metadata"]["name"]
        labels = {"namespace": namespace, "service_name": name, **_words("service", by_key.get(key) or {})}
        for subset in one.get("subsets") or ():
            for address in subset.get("addresses") or ():
                for port in subset.get("ports") or ():
                    yield _target(f"{address['ip']}:{port['port']}", {**labels, "endpoint_port_name": port.get("name", "")})


def _words(what: str, metadata: Mapping[str, Any]) -> dict[str, str]:
    found = (("label", metadata.get("labels") or {}), ("annotation", metadata.get("annotations") or {}))
    return {f"{what}_{sort}_{re.sub('[^a-zA-Z0-9_]', '_', name)}": value for sort, words in found for name, value in words.items()}


def _target(address: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {"targets": [address], "labels": {f"__meta_kubernetes_{name}": value for name, value in labels.items()}}


def hurried(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rules with short times: that the long ones count is what promtool shows."""
    return [{**group, "rules": [_hurried(rule) for rule in group["rules"]]} for group in groups]


def _hurried(rule: Mapping[str, Any]) -> dict[str, Any]:
    expr = re.sub(r"\boffset \d+m", "offset 30s", re.sub(r"\[\d+m\]", "[30s]", rule["expr"]))
    return {**rule, "expr": expr, **({"for": "4s"} if "for" in rule else {})}
