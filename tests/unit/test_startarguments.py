"""What other commands learn of the operator's own command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.unit.chart.render import render

from flinkop.startarguments import StartArguments, is_in_operators_pod, of_running_operator, read_command_line


@pytest.mark.parametrize(
    ("line", "directory", "defaults"),
    [
        ("flinkop run", None, {}),
        ("python -m flinkop run --log-level=info --default=a=b=c --default d=e", None, {"a": "b=c", "d": "e"}),
        ("/opt/flinkop/bin/flinkop run --config-dir /conf --metrics-port 1", "/conf", {}),
        ("tini -- flinkop run --default a=1 --default a=2", None, {"a": "2"}),
    ],
)
def test_the_command_line_of_an_operator_tells_its_configuration(line: str, directory: str | None, defaults: dict[str, str]) -> None:
    assert read_command_line(line.split()) == StartArguments(Path(directory) if directory else None, defaults)


@pytest.mark.parametrize(
    "line", ["", "run", "flinkop", "flinkop config -", "flinkop explain run", "other run --default a=b", "flinkop run --default nothing"]
)
def test_any_other_command_line_tells_nothing(line: str) -> None:
    assert read_command_line(line.split()) is None


def test_what_the_chart_starts_is_understood() -> None:
    container = render({"defaultConfiguration": {"append": True}}).pod["spec"]["containers"][0]
    found = read_command_line(["flinkop", *container["args"]])
    assert found is not None
    assert found.defaults["kubernetes.operator.sql-runner.image"] == container["image"]
    assert found.defaults["kubernetes.operator.reconcile.interval"] == "15 s"


def test_the_chart_makes_a_pod_that_is_known_for_the_operators() -> None:
    names = {one["name"]: one.get("value") or "from the pod" for one in render().pod["spec"]["containers"][0]["env"]}
    assert is_in_operators_pod(names)
    assert not is_in_operators_pod({"FLINK_CONF_DIR": "/opt/flink/conf"}), "that may be a Flink on somebody's own machine"


def some_processes(directory: Path, *lines: Sequence[str]) -> Path:
    for number, words in enumerate(lines, start=9):
        place = directory / str(number)
        place.mkdir()
        (place / "cmdline").write_bytes("".join(f"{word}\0" for word in words).encode())
    return directory


def test_the_operator_is_found_among_the_processes_of_its_pod(tmp_path: Path) -> None:
    operator, other = ["python", "-m", "flinkop", "run", "--default", "a= b "], ["python", "-m", "flinkop", "run"]
    found = of_running_operator(some_processes(tmp_path, ["/pause"], operator, other))
    assert found == StartArguments(None, {"a": " b "}), "the first of them: the tenth process comes after the ninth"


def test_where_no_operator_can_be_seen_nothing_is_known(tmp_path: Path) -> None:
    processes = some_processes(tmp_path, ["/pause"], ["flinkop", "explain", "flinkdep/job"])
    (processes / "99").mkdir()
    (processes / "99" / "cmdline").mkdir()  # cannot be read
    assert of_running_operator(processes) is None
    assert of_running_operator(tmp_path / "none") is None
