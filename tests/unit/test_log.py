"""What the log says, in which form, and what it never says."""

from __future__ import annotations

import ast
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeGuard

import pytest
import structlog
from tests.detailedlog import captured_details

import flinkop
from flinkop.log import LogFormat, Logging, LogLevel, format_for, log_request, set_up_logging
from flinkop.redaction import HIDDEN

SECRET = "hunter2"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    Logging(LogLevel.INFO, LogFormat.JSON, io.StringIO())
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def stream() -> io.StringIO:
    stream = io.StringIO()
    set_up_logging(LogLevel.INFO, LogFormat.JSON, stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_that_begins_with_time_level_and_event(stream: io.StringIO) -> None:
    structlog.get_logger().info("savepoint completed", location="s3://bucket/sp-1", seconds=1.5, last=None)

    (line,) = lines(stream)
    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert line | {"timestamp": ""} == {
        "timestamp": "",
        "level": "info",
        "event": "savepoint completed",
        "location": "s3://bucket/sp-1",
        "seconds": 1.5,
        "last": None,
    }


@pytest.mark.parametrize(
    ("value", "told"),
    [("caf\ud800", "caf\ud800"), (2**70, 2**70), ({"deep": [2**70]}, {"deep": [2**70]}), (float("nan"), None), (float("inf"), None)],
    ids=["half a character", "a large number", "one within", "not a number", "no end"],
)
def test_whatever_a_value_is_it_is_logged_and_nobody_is_held_up(value: object, told: object, stream: io.StringIO) -> None:
    structlog.get_logger().info("odd", value=value)

    assert lines(stream)[0]["value"] == told


def test_context_is_on_every_line(stream: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(namespace="team", name="job"):
        structlog.get_logger().info("pass done")

    assert lines(stream)[0]["namespace"] == "team"


def test_lines_below_the_level_are_not_written(stream: io.StringIO) -> None:
    structlog.get_logger().debug("a detail")
    logging.getLogger("aiohttp").debug("a detail")

    assert lines(stream) == []


def test_the_standard_librarys_loggers_and_warnings_come_in_the_same_form(stream: io.StringIO) -> None:
    logging.getLogger("aiohttp.server").error("request to %s failed", "/x")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("careful", stacklevel=1)

    first, second = lines(stream)
    assert (first["event"], first["level"], first["logger"]) == ("request to /x failed", "error", "aiohttp.server")
    assert "careful" in str(second["event"])


def log_a_value(secret: str) -> None:
    structlog.get_logger().info("value", password=secret)


def log_a_nested_value(secret: str) -> None:
    structlog.get_logger().info("nested", configuration={"s3.secret-key": secret, "list": [{"token": secret}, ("a", f"password={secret}")]})


def log_an_exception(secret: str) -> None:
    try:
        raise ValueError(f"cannot log in with password={secret}")
    except ValueError as error:
        structlog.get_logger().exception("pass failed", cause=error)


def log_through_the_standard_library(secret: str) -> None:
    logging.getLogger("other").error("refused: token=%s", secret)


@pytest.mark.parametrize("line_format", list(LogFormat))
@pytest.mark.parametrize("say", [log_a_value, log_a_nested_value, log_an_exception, log_through_the_standard_library])
def test_no_secret_is_written(say: Callable[[str], None], line_format: LogFormat) -> None:
    stream = io.StringIO()
    set_up_logging(LogLevel.DEBUG, line_format, stream)

    say(SECRET)

    assert SECRET not in stream.getvalue()
    assert HIDDEN in stream.getvalue()


def log_a_request(to: str = "http://my-job-rest.team:8081", path: str = f"/jobs?token={SECRET}") -> None:
    log_request(to, "GET", path, 200, 0.01234)


def test_a_request_is_a_detail_that_is_logged_without_its_query() -> None:
    with captured_details() as lines:
        log_a_request()

    assert lines == [
        {
            "event": "request",
            "log_level": "debug",
            "to": "http://my-job-rest.team:8081",
            "method": "GET",
            "path": "/jobs",
            "status": 200,
            "milliseconds": 12.3,
        }
    ]


def test_a_request_is_not_even_a_line_to_be_dropped_where_nobody_asks_for_details() -> None:
    with captured_details(LogLevel.INFO) as lines:
        log_a_request()

    assert lines == []


def test_a_request_tells_no_secret_of_the_address_it_goes_to() -> None:
    stream = io.StringIO()
    set_up_logging(LogLevel.DEBUG, LogFormat.JSON, stream)
    structlog.configure(cache_logger_on_first_use=False)  # or the logger of that module would keep this stream beyond the test

    log_a_request(f"http://me:{SECRET}@jobmanager:8081")

    assert SECRET not in stream.getvalue()
    assert lines(stream)[0]["to"] == f"http://{HIDDEN}@jobmanager:8081"


def test_an_exception_is_logged_with_its_stack_trace_in_the_same_line(stream: io.StringIO) -> None:
    log_an_exception("x")

    (line,) = lines(stream)
    assert "Traceback" in str(line["exception"])
    assert "log_an_exception" in str(line["exception"])


def test_what_is_no_json_value_is_written_as_text(stream: io.StringIO) -> None:
    structlog.get_logger().info("odd values", path=Path("/x"), level=LogLevel.INFO, pair=(1, 2), inner={"a": {1: b"x"}})

    line = lines(stream)[0]
    assert (line["path"], line["level"], line["pair"], line["inner"]) == ("/x", "info", [1, 2], {"a": {"1": "b'x'"}})


@pytest.mark.parametrize(("is_terminal", "expected"), [(True, LogFormat.CONSOLE), (False, LogFormat.JSON)])
def test_a_terminal_gets_text_and_a_pod_json(is_terminal: bool, expected: LogFormat) -> None:
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return is_terminal

    assert format_for(Stream()) is expected


def test_every_log_event_is_a_constant_phrase() -> None:
    culprits = [
        f"{path.name}:{call.lineno}"
        for path in Path(flinkop.__file__).parent.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if is_log_call(call) and not (call.args and isinstance(call.args[0], ast.Constant))
    ]

    assert culprits == []


def is_log_call(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"debug", "info", "warning", "error", "exception", "critical"}
        and isinstance(node.func.value, ast.Name | ast.Attribute)
        and ast.unparse(node.func.value).split(".")[-1].lstrip("_") in {"log", "logger"}
    )
