"""Commands, waiting and locks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.cluster.process import Failed, locked, run, succeeds, until


def test_a_command_gives_what_it_printed() -> None:
    assert run("printf", "%s", "a b", stdin="") == "a b"


def test_a_command_that_fails_tells_all_that_it_said() -> None:
    with pytest.raises(Failed, match=r"sh -c .*: exit status 3\nout\nerr"):
        run("sh", "-c", "echo out; echo err >&2; exit 3")


def test_whether_a_command_succeeds() -> None:
    assert succeeds("true")
    assert not succeeds("false")


def test_waiting_ends_when_it_is_ready() -> None:
    answers = iter([False, False, True])
    until(lambda: next(answers), "it", 30, 0)
    assert list(answers) == []


def test_waiting_in_vain_says_for_what() -> None:
    with pytest.raises(Failed, match="the thing: not ready after 0 s"):
        until(lambda: False, "the thing", 0, 0)


def test_a_lock_is_held_against_other_processes_and_given_back(tmp_path: Path) -> None:
    lock = tmp_path / "made" / "lock"
    program = f"import fcntl; fcntl.flock(open({str(lock)!r}, 'w'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    with locked(lock):
        assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode != 0
    assert succeeds(sys.executable, "-c", program)
