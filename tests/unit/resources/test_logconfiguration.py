"""The log configuration of clusters that bring none."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

import pytest

from flinkop.resources.logconfiguration import DEFAULTS, JSON, LOGBACK_CONSOLE, log_files_in

both = pytest.mark.parametrize("files", [DEFAULTS, JSON], ids=["text", "json"])


def log4j(files: Mapping[str, str]) -> dict[str, str]:
    return dict(line.split(" = ", 1) for line in files["log4j-console.properties"].splitlines() if line)


@both
def test_both_frameworks_are_configured(files: Mapping[str, str]) -> None:
    assert set(files) == {"log4j-console.properties", "logback-console.xml"}


@both
def test_log4j_writes_to_the_console(files: Mapping[str, str]) -> None:
    properties = log4j(files)
    appender = properties["rootLogger.appenderRef.console.ref"]
    assert properties["appender.console.name"] == appender
    assert properties["appender.console.type"] == "Console"
    assert "appender.console.layout.pattern" in properties
    loggers = {key.split(".")[1] for key in properties if key.startswith("logger.")}
    assert all({f"logger.{name}.name", f"logger.{name}.level"} <= properties.keys() for name in loggers)


def test_a_line_of_json_has_every_variable_text_encoded_and_the_stack_trace_within() -> None:
    properties = log4j(JSON)
    pattern = properties["appender.console.layout.pattern"]
    assert pattern.endswith("%n")
    rendered = re.sub(r"%enc\{%\w+\}\{JSON\}|%d\{[^}]*\}|%p|%n", "x", pattern.removesuffix("%n"))
    assert json.loads(rendered).keys() == {"timestamp", "level", "logger", "thread", "message", "exception"}
    assert properties["appender.console.layout.alwaysWriteExceptions"] == "false", "else the trace would follow as lines of text"
    assert "%enc{%m}{JSON}" in pattern


def test_which_is_asked_for() -> None:
    assert (log_files_in(True), log_files_in(False)) == (JSON, DEFAULTS)


def test_logback_writes_to_the_console() -> None:
    root = ElementTree.fromstring(LOGBACK_CONSOLE)
    appender, reference = root.find("appender"), root.find("root/appender-ref")
    assert appender is not None
    assert reference is not None
    assert appender.get("class") == "ch.qos.logback.core.ConsoleAppender"
    assert appender.get("name") == reference.get("ref")
