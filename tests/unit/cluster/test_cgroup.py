"""The processes of an instance are found by their cgroup: theirs, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cluster import cgroup
from tests.cluster.cgroup import CgroupTree


@pytest.fixture(params=["unified", "legacy"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file system like that of cgroups, in both versions."""
    monkeypatch.setattr(cgroup, "_ROOT", tmp_path)
    hierarchies = [tmp_path] if request.param == "unified" else [tmp_path / "memory", tmp_path / "cpuset"]
    for hierarchy in hierarchies:
        hierarchy.mkdir(exist_ok=True)
        (hierarchy / "cgroup.procs").write_text("1\n")
    if request.param == "unified":
        (tmp_path / "cgroup.controllers").write_text("memory")
    else:
        (tmp_path / "cpu").symlink_to(tmp_path / "cpuset")
    return tmp_path


def test_processes_are_found_by_the_name_of_their_cgroup_and_those_of_others_are_not(root: Path) -> None:
    ours, theirs = CgroupTree("flinkop-1"), CgroupTree("flinkop-10")
    for tree, name, pid in ((ours, "kubelet", 11), (ours, "etcd", 12), (theirs, "kubelet", 21)):
        for procs in tree.make(name):
            procs.write_text(f"{pid}\n")
    child = ours.make("kubelet")[0].parent / "pod"
    child.mkdir()
    (child / "cgroup.procs").write_text("13\n14\n")
    assert ours.pids() == {11, 12, 13, 14}
    assert ours.pids("kubelet") == {11, 13, 14}
    assert theirs.pids() == {21}


def test_what_was_never_made_has_no_processes(root: Path) -> None:
    assert CgroupTree("flinkop-1").pids() == set()


def test_removing_leaves_those_of_others(root: Path) -> None:
    ours, theirs = CgroupTree("flinkop-1"), CgroupTree("flinkop-2")
    theirs.make("etcd")
    kept = sorted(root.rglob("*"))
    ours.make("etcd")
    ours.remove()
    assert sorted(root.rglob("*")) == kept


def test_a_cpuset_starts_with_what_its_parent_may_use(root: Path) -> None:
    for hierarchy in [path for path in (root, *root.iterdir()) if (path / "cgroup.procs").exists()]:
        (hierarchy / "cpuset.cpus").write_text("0-1\n")
        (hierarchy / "flinkop-1").mkdir(exist_ok=True)
        (hierarchy / "flinkop-1" / "cpuset.cpus").write_text("\n")
    for procs in CgroupTree("flinkop-1").make("etcd"):
        assert (procs.parent.parent / "cpuset.cpus").read_text() == "0-1\n"
