"""The log follows the configuration, while the operator runs, and a mistake in it leaves the log as it was."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from flinkop.config import OperatorConfig, load_config
from flinkop.configreload import LiveConfig
from flinkop.log import LogFormat, LogLevel, log_established, set_up_logging
from flinkop.logoptions import LogChoice, LogFollower

PREFIX = "kubernetes.operator.log."


class Process:
    """A process with its log, and the configuration that it reads."""

    def __init__(self, path: Path) -> None:
        self.path, self.stream = path, io.StringIO()
        choice = LogChoice(LogLevel.INFO, LogFormat.JSON)
        self.logs = LogFollower(set_up_logging(choice.level, choice.line_format, self.stream), choice)
        structlog.configure(cache_logger_on_first_use=False)  # or loggers of other modules would keep this stream beyond the test
        self.logger = structlog.get_logger().bind()
        self.write()

    def write(self, **options: str) -> None:
        text = "".join(f"{PREFIX}{name.replace('_', '-')}: {value}\n" for name, value in options.items())
        (self.path / "config.yaml").write_text(text)

    def load(self) -> OperatorConfig:
        config = load_config({"POD_NAME": "me"}, directory=self.path)
        self.logs.follow(config)
        return config

    def said(self) -> str:
        """What was written since the last time this was asked."""
        text = self.stream.getvalue()
        self.stream.seek(0)
        self.stream.truncate()
        return text


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    process = Process(tmp_path)
    yield process
    process.write()
    process.load()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_the_level_changes_while_the_operator_runs_and_for_loggers_that_have_written_already(process: Process) -> None:
    process.logger.debug("a detail")
    assert process.said() == ""
    process.write(level="debug")
    process.load()
    process.logger.debug("a detail")
    logging.getLogger("aiohttp").debug("another")
    assert process.said().count("\n") == 2
    process.write(level="error")
    process.load()
    process.logger.warning("not so bad")
    logging.getLogger("aiohttp").warning("nor this")
    assert process.said() == ""


def test_the_form_of_a_line_changes_too(process: Process) -> None:
    process.write(format="console")
    process.load()
    process.logger.info("hello")
    logging.getLogger("aiohttp").info("hello")
    assert not any(line.startswith("{") for line in process.said().splitlines())
    process.write()
    process.load()
    process.logger.info("hello")
    assert json.loads(process.said())["event"] == "hello"


def test_where_the_configuration_says_nothing_the_command_line_does(process: Process) -> None:
    process.write(level="error")
    process.load()
    process.write()
    process.load()
    process.logger.info("hello")
    assert "hello" in process.said()


def test_a_wrong_level_is_named_in_a_warning_and_the_old_one_stays(process: Process) -> None:
    process.write(level="error")
    live = LiveConfig(process.load(), process.load)
    process.write(level="loud", format="console")
    with capture_logs() as lines:
        assert live.refresh()
    assert [line["problem"] for line in lines if line["log_level"] == "warning"] == [
        f"{PREFIX}level: 'loud' is not one of the values; write debug or info or warning or error; the log stays as it is"
    ]
    process.logger.warning("not so bad")
    assert process.said() == ""
    process.logger.error("bad")
    assert not process.said().startswith("{"), "what is right beside it holds"


def test_a_wrong_level_does_not_keep_the_operator_from_starting(process: Process) -> None:
    process.write(level="loud")
    assert process.load().warnings
    process.logger.info("hello")
    assert "hello" in process.said()


def test_lines_of_the_established_wording_are_written_only_when_they_are_asked_for(process: Process) -> None:
    log_established("Resource fully reconciled, nothing to do")
    assert process.said() == ""
    process.write(established_lines="true")
    process.load()
    log_established("Resource fully reconciled, nothing to do")
    line = json.loads(process.said())
    assert (line["event"], line["logger"]) == ("Resource fully reconciled, nothing to do", "AuditUtils")
