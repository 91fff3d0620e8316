"""Answers of the API server that are not success, as errors of ours."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flinkop.errors import (
    AlreadyExists,
    ApiUnavailable,
    Conflict,
    Expired,
    FlinkopError,
    Forbidden,
    NamespaceTerminating,
    NotFound,
    Rejected,
)
from flinkop.kube.failure import failure_of


def a_status(reason: str = "", message: str = "why", **details: Any) -> bytes:
    return orjson.dumps({"kind": "Status", "status": "Failure", "reason": reason, "message": message, "details": details})


TERMINATING = a_status("Forbidden", causes=[{"reason": "NamespaceTerminating", "message": "namespace x is being terminated"}])


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        pytest.param(400, a_status("BadRequest"), Rejected, id="bad request"),
        pytest.param(401, a_status("Unauthorized"), ApiUnavailable, id="a token that ran out"),
        pytest.param(403, a_status("Forbidden"), Forbidden, id="not allowed"),
        pytest.param(403, a_status("Forbidden", "not yet ready to handle request"), ApiUnavailable, id="an API server that is starting"),
        pytest.param(403, TERMINATING, NamespaceTerminating, id="the namespace is being deleted"),
        pytest.param(404, a_status("NotFound"), NotFound, id="not there"),
        pytest.param(409, a_status("AlreadyExists"), AlreadyExists, id="created before"),
        pytest.param(409, a_status("Conflict"), Conflict, id="another version, or a precondition that does not hold"),
        pytest.param(410, a_status("Expired"), Expired, id="too old"),
        pytest.param(422, a_status("Invalid"), Rejected, id="invalid"),
        pytest.param(429, a_status("TooManyRequests"), ApiUnavailable, id="overloaded"),
        pytest.param(500, a_status("InternalError"), ApiUnavailable, id="failed"),
        pytest.param(503, b"upstream connect error", ApiUnavailable, id="a proxy that is not the API server"),
        pytest.param(504, a_status("Timeout"), ApiUnavailable, id="timed out"),
        pytest.param(302, b"", ApiUnavailable, id="a login page in between"),
    ],
)
def test_failure_of(status: int, body: bytes, error: type[FlinkopError]) -> None:
    assert type(failure_of(status, body)) is error


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(a_status(message="the server is busy"), "the server is busy", id="the server's message"),
        pytest.param(b"<html>Bad Gateway</html>", "<html>Bad Gateway</html>", id="text that is no JSON"),
        pytest.param(b'["a list"]', '["a list"]', id="JSON that is no status"),
        pytest.param(b"", "HTTP status 503", id="nothing at all"),
        pytest.param(b"\xff\xfe", "\ufffd\ufffd", id="bytes that are no text"),
    ],
)
def test_every_error_names_its_cause(body: bytes, text: str) -> None:
    assert text in str(failure_of(503, body))


def test_what_was_written_is_quoted_without_its_secrets() -> None:
    told = b'{"kind": "Status", "message": "admission webhook \\"env\\" denied the request: PASSWORD=hunter2 is not allowed"}'
    error = failure_of(403, told)
    assert "hunter2" not in str(error)
    assert str(error).startswith('admission webhook "env" denied the request: PASSWORD=')


def test_a_message_without_end_is_cut() -> None:
    assert len(str(failure_of(422, a_status(message="x" * 100_000)))) == 1000


@pytest.mark.parametrize(
    ("body", "header", "seconds"),
    [
        pytest.param(a_status(), "7", 7.0, id="by header"),
        pytest.param(a_status(retryAfterSeconds=3), None, 3.0, id="in the status, as events have it"),
        pytest.param(a_status(retryAfterSeconds=3), "7", 7.0, id="the header counts first"),
        pytest.param(a_status(), "Wed, 21 Oct 2026 07:28:00 GMT", None, id="a date is not understood"),
        pytest.param(a_status(), None, None, id="not asked for"),
    ],
)
def test_the_pause_that_is_asked_for_is_told(body: bytes, header: str | None, seconds: float | None) -> None:
    error = failure_of(429, body, header)
    assert isinstance(error, ApiUnavailable)
    assert error.retry_after == seconds
