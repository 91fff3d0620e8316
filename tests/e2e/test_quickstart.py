"""The quickstart works word for word: all its commands, in their order, from an empty cluster to an empty one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster import binaries, operatorimage, place
from tests.cluster.localcluster import LocalCluster
from tests.e2e.conftest import flink_image

pytestmark = pytest.mark.long
_PAGE = place.REPOSITORY / "docs" / "quickstart.md"
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECONDS = 900
# jobs have numbers in it, the first error ends it, and nothing stays in the background
_TYPED = "set -exuo pipefail -o monitor; trap 'kill $(jobs -p) 2> /dev/null || true' EXIT"


@pytest.fixture
def empty_cluster() -> Iterator[LocalCluster]:
    cluster = LocalCluster("quickstart")
    cluster.down()
    cluster = LocalCluster("quickstart")
    cluster.up(nodes=2)
    for archive in (operatorimage.ensure(), flink_image("1.20.5")):
        cluster.load(archive)
    yield cluster
    cluster.down()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the commands need of a checkout, so that they leave nothing in this one."""
    shutil.copytree(place.REPOSITORY / "charts", tmp_path / "checkout" / "charts")
    return tmp_path / "checkout"


def test_the_commands_of_the_quickstart_lead_from_an_empty_cluster_to_a_running_job_and_back(
    empty_cluster: LocalCluster, checkout: Path
) -> None:
    told = _run_as_a_user("\n".join(_BLOCK.findall(_PAGE.read_text())), empty_cluster, checkout)
    assert re.search(r"^flinkclusters\.flink\.apache\.org ", told, re.MULTILINE)
    assert re.search(r"my-flink-cluster +Running +True", told)
    assert re.search(r"my-flink-job +Running +True", told)
    assert '"state":"RUNNING"' in told
    assert not empty_cluster.kubectl("-n", "flink-operator", "get", "deployments", "-o", "name").strip()


def _run_as_a_user(script: str, cluster: LocalCluster, checkout: Path) -> str:
    """All in one shell, as somebody types it who stops at the first error; helm's own files lie in the checkout."""
    programs = binaries.ensure()
    path = os.pathsep.join([str(programs.kubectl.parent), str(programs.helm.parent), os.environ["PATH"]])
    own = {f"HELM_{kind}_HOME": str(checkout / ".helm" / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
    with subprocess.Popen(
        ["bash", "-c", f"{_TYPED}\n{script}"],
        cwd=checkout,
        env={**os.environ, **own, "PATH": path, "KUBECONFIG": str(cluster.kubeconfig)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            told, _ = shell.communicate(timeout=_SECONDS)
        finally:  # whatever ends it, nothing keeps the ports
            subprocess.run(["pkill", "-KILL", "-s", str(shell.pid)], check=False)
    assert shell.returncode == 0, told
    return told
