"""What a fresh machine lacks, and what people are told when it cannot be had."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from typing import Any

import pytest
from tests.cluster import prerequisites
from tests.cluster.process import Failed

PRESENT = "/usr/bin/present"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[str, ...]]]:
    """A machine with some commands; gives what is run on it."""

    def make(*commands: str, platform: str = "linux", user: int = 0) -> list[tuple[str, ...]]:
        ran: list[tuple[str, ...]] = []

        def run(*words: str, env: Any) -> None:
            assert env["DEBIAN_FRONTEND"] == "noninteractive", "nobody is there to answer"
            ran.append(words)

        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.setattr(os, "geteuid", lambda: user)
        monkeypatch.setattr(shutil, "which", lambda command: PRESENT if command in commands else None)
        monkeypatch.setattr(prerequisites, "_is_there", lambda command: command in commands)
        monkeypatch.setattr(prerequisites, "run", run)
        return ran

    return make


ALL = tuple(prerequisites.COMMANDS)


@pytest.mark.parametrize("command", ALL)
def test_each_command_that_is_missing_brings_its_package(machine: Callable[..., Any], command: str) -> None:
    machine(*(other for other in ALL if other != command))
    assert prerequisites.missing() == [prerequisites.COMMANDS[command]]


def test_where_all_is_there_nothing_is_installed(machine: Callable[..., Any]) -> None:
    ran = machine(*ALL, "go", "apt-get")
    prerequisites.ensure()
    assert ran == []


def test_only_what_is_missing_is_installed(machine: Callable[..., Any]) -> None:
    ran = machine(*(command for command in ALL if command not in ("runc", "socat")), "go", "apt-get")
    prerequisites.ensure()
    assert [words[1] for words in ran] == ["update", "install"]
    assert ran[1][-2:] == ("runc", "socat")


@pytest.mark.parametrize(
    ("commands", "machine_is", "told"),
    [
        pytest.param((*ALL, "go"), {"platform": "darwin"}, "needs Linux; on other systems use `make demo CONTEXT=name`", id="not Linux"),
        pytest.param((*ALL, "go"), {"user": 1000}, "needs root; run with sudo", id="not root"),
        pytest.param(ALL, {}, "Go 1.24 or newer is needed", id="no Go"),
        pytest.param(("go",), {}, "please install: buildah conntrack", id="no apt-get"),
    ],
)
def test_what_cannot_be_had_is_told_with_the_way_out(
    machine: Callable[..., Any], commands: tuple[str, ...], machine_is: dict[str, Any], told: str
) -> None:
    ran = machine(*commands, **machine_is)
    with pytest.raises(Failed, match=told):
        prerequisites.ensure()
    assert ran == []
