"""The configuration that is read again while the operator runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from structlog.testing import capture_logs
from tests import virtualtime

from flinkop.api.flinkversion import FlinkVersion
from flinkop.config import OperatorConfig, load_config
from flinkop.configreload import AT_START, LiveConfig
from flinkop.flinkconf import operatoroptions as options

FLINK = FlinkVersion(1, 20)


class Directory:
    """A mounted configuration."""

    def __init__(self, path: Path, **conf: str) -> None:
        self.path = path
        self.write(**conf)

    def write(self, text: str | None = None, **conf: str) -> None:
        content = "".join(f"{key.replace('_', '.')}: {value}\n" for key, value in conf.items()) if text is None else text
        (self.path / "config.yaml").write_text(content)

    def load(self) -> OperatorConfig:
        return load_config({"POD_NAME": "me"}, directory=self.path)


def live(directory: Directory) -> LiveConfig:
    return LiveConfig(directory.load(), directory.load)


def slots(config: LiveConfig) -> str | None:
    return config.defaults_for("default", FLINK).get("taskmanager.slots")


def test_a_changed_file_changes_the_defaults(tmp_path: Path) -> None:
    directory = Directory(tmp_path, taskmanager_slots="1")
    config = live(directory)
    directory.write(taskmanager_slots="2")
    assert config.refresh()
    assert (slots(config), config.revision) == ("2", 1)


def test_a_file_that_is_the_same_changes_nothing(tmp_path: Path) -> None:
    config = live(Directory(tmp_path, taskmanager_slots="1"))
    with capture_logs() as logs:
        assert not config.refresh()
    assert (config.revision, logs) == (0, [])


def test_a_wrong_file_is_named_once_and_changes_nothing(tmp_path: Path) -> None:
    directory = Directory(tmp_path, taskmanager_slots="1")
    config = live(directory)
    directory.write("kubernetes.operator.reconcile.interval: soon")
    with capture_logs() as logs:
        assert [config.refresh(), config.refresh()] == [False, False]
    assert slots(config) == "1"
    assert ["kubernetes.operator.reconcile.interval" in entry["problem"] for entry in logs] == [True]


def test_a_wrong_file_that_is_mended_is_taken(tmp_path: Path) -> None:
    directory = Directory(tmp_path, taskmanager_slots="1")
    config = live(directory)
    directory.write("{")
    config.refresh()
    directory.write(taskmanager_slots="3")
    assert config.refresh()
    assert slots(config) == "3"


def test_changed_keys_are_named_without_their_values(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    config = live(directory)
    directory.write(s3_secret="hunter2")
    with capture_logs() as logs:
        config.refresh()
    assert logs[0]["keys"] == ["s3.secret"]
    assert "hunter2" not in str(logs)


def test_what_takes_effect_only_at_the_next_start_is_named(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    config = live(directory)
    directory.write(**{"kubernetes.operator.watched.namespaces": "a,b"})
    with capture_logs() as logs:
        config.refresh()
    assert [entry["keys"] for entry in logs if "next start" in entry["event"]] == [["kubernetes.operator.watched.namespaces"]]


def test_all_that_is_read_at_the_start_is_the_operators_own() -> None:
    assert all(option.system_only for option in AT_START)


def test_it_is_read_again_at_the_interval_and_whoever_asked_is_told(tmp_path: Path) -> None:
    directory = Directory(tmp_path, taskmanager_slots="1")
    config, told = live(directory), []

    async def scenario() -> None:
        running = asyncio.create_task(config.run(lambda: told.append(virtualtime.now())))
        await asyncio.sleep(299)
        directory.write(taskmanager_slots="2")
        await asyncio.sleep(602)
        running.cancel()

    virtualtime.run(scenario())
    assert told == [options.DYNAMIC_CONFIG_INTERVAL.default.total_seconds()]


def test_it_is_not_read_again_when_that_is_switched_off(tmp_path: Path) -> None:
    directory = Directory(tmp_path, **{"kubernetes.operator.dynamic.config.enabled": "false"})
    config = live(directory)
    directory.write(taskmanager_slots="2")

    async def scenario() -> None:
        running = asyncio.create_task(config.run(lambda: None))
        await asyncio.sleep(3600)
        running.cancel()

    virtualtime.run(scenario())
    assert slots(config) is None
