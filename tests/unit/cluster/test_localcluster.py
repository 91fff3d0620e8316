"""A local cluster that begins again, without any of its processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cluster import cgroup, localcluster
from tests.cluster.instance import allocate, forget
from tests.cluster.localcluster import LocalCluster


class BeginsToBuild(Exception):
    """Here the test ends."""


class Network:
    """No network is touched."""

    def remove(self, _instance: object) -> None:
        return

    def build(self, *_: object) -> None:
        raise BeginsToBuild


def test_a_cluster_that_gets_another_number_looks_for_its_processes_under_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise they would be started in one cgroup, and later looked for, and left to live on, in another."""
    monkeypatch.setenv("FLINKOP_STATE", str(tmp_path / "state"))
    (tmp_path / "cgroup").mkdir()
    (tmp_path / "cgroup" / "cgroup.controllers").write_text("")
    monkeypatch.setattr(cgroup, "_ROOT", tmp_path / "cgroup")
    monkeypatch.setattr(localcluster, "network", Network())
    monkeypatch.setattr(localcluster.binaries, "ensure", lambda: None)
    monkeypatch.setattr(localcluster.prerequisites, "ensure", lambda: None)
    monkeypatch.setattr(LocalCluster, "_unmount", lambda _: None)
    monkeypatch.setattr(LocalCluster, "_create_pki", lambda *_: None)
    allocate("earlier")
    cluster = LocalCluster("later")
    forget("earlier")
    before = cluster.instance
    with pytest.raises(BeginsToBuild):
        cluster.up()
    assert cluster.instance.number != before.number
    assert cluster._cgroups.make("etcd")[0].parent.parent.name == cluster.instance.cgroup
