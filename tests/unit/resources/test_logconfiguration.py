"""The log configuration of clusters that bring none."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from flinkop.resources.logconfiguration import DEFAULTS, LOG4J_CONSOLE, LOGBACK_CONSOLE


def test_both_frameworks_are_configured() -> None:
    assert set(DEFAULTS) == {"log4j-console.properties", "logback-console.xml"}


def test_log4j_writes_to_the_console() -> None:
    properties = dict(line.split(" = ", 1) for line in LOG4J_CONSOLE.splitlines() if line)
    appender = properties["rootLogger.appenderRef.console.ref"]
    assert properties["appender.console.name"] == appender
    assert properties["appender.console.type"] == "Console"
    loggers = {key.split(".")[1] for key in properties if key.startswith("logger.")}
    assert all({f"logger.{name}.name", f"logger.{name}.level"} <= properties.keys() for name in loggers)


def test_logback_writes_to_the_console() -> None:
    root = ElementTree.fromstring(LOGBACK_CONSOLE)
    appender, reference = root.find("appender"), root.find("root/appender-ref")
    assert appender is not None
    assert reference is not None
    assert appender.get("class") == "ch.qos.logback.core.ConsoleAppender"
    assert appender.get("name") == reference.get("ref")
