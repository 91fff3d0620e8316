"""Names and addresses of local clusters: several on one machine never meet."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from tests.cluster import instance
from tests.cluster.instance import Instance, allocate, forget, known
from tests.cluster.process import Failed

NODES = range(1, 5)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLINKOP_STATE", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Those of another machine: on this one clusters may be up."""
    directory = tmp_path / "netns"
    directory.mkdir()
    monkeypatch.setattr(instance, "_NETWORK_NAMESPACES", directory)
    return directory


def names_of(found: Instance) -> set[str]:
    """All that it calls something, or an address of it."""
    own = {found.control_plane, found.cgroup, str(found.run_directory), found.gateway, found.host, found.subnet}
    return own | {found.node_namespace(node) for node in NODES} | {found.address(node) for node in NODES}


def test_no_two_instances_share_a_name_or_an_address() -> None:
    everything = [names_of(Instance("x", number)) for number in range(200)]
    assert len(set().union(*everything)) == sum(map(len, everything))


def test_the_addresses_of_one_instance_are_different_and_in_its_subnet() -> None:
    found = Instance("x", 199)
    addresses = [found.gateway, found.host, *map(found.address, range(1, 200))]
    assert len(set(addresses)) == len(addresses)
    assert all(address.startswith(f"{found.subnet}.") and 0 < int(address.rpartition(".")[2]) < 255 for address in addresses)


def test_namespaces_of_one_instance_are_not_taken_for_those_of_another() -> None:
    """What is removed is found by what its name begins with."""
    for one, other in itertools.permutations((Instance("x", number) for number in (1, 10, 11, 19, 110)), 2):
        assert not any(other.node_namespace(node).startswith(f"{one.prefix}-n") for node in NODES)


@pytest.mark.parametrize("number", [0, 199])
def test_names_of_interfaces_are_short_enough_for_linux(number: int) -> None:
    assert len(f"{Instance('x' * 21, number).prefix}h") <= 15


def test_a_name_has_the_same_number_every_time_and_another_name_another_one() -> None:
    first, second = allocate("a"), allocate("b")
    assert first.number != second.number
    assert allocate("a") == first
    assert known() == [first, second]


def test_a_number_that_was_given_back_is_free() -> None:
    first = allocate("a")
    forget("a")
    assert known() == []
    assert allocate("b").number == first.number


def test_forgetting_what_nobody_knows_is_no_trouble() -> None:
    forget("a")
    assert known() == []


def test_a_number_whose_network_is_still_there_is_not_given_away(namespaces: Path) -> None:
    """The table may have been deleted under clusters that run."""
    for name in ("fk0", "fk1"):
        (namespaces / name).touch()
    assert allocate("a").number == 2


def test_when_all_numbers_are_taken_people_are_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "_SUBNETS", range(2))
    allocate("a")
    allocate("b")
    with pytest.raises(Failed, match="take one down"):
        allocate("c")


@pytest.mark.parametrize("name", ["", "A", "1a", "-a", "a_b", "a/b", "..", "a" * 22, "a b"])
def test_a_name_that_cannot_be_a_directory_and_a_namespace_is_refused(name: str) -> None:
    with pytest.raises(Failed, match="instance name"):
        allocate(name)
