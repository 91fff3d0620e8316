"""Answers of the API server that are not success, as the project's errors."""

from __future__ import annotations

from typing import Any

import orjson

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

_LIMIT = 1000


def failure_of(status: int, body: bytes, retry_after: str | None = None) -> FlinkopError:
    """The error for an HTTP answer with this status and body (a `v1.Status`, or any text)."""
    answer = _parse(body)
    message = str(answer.get("message") or body[:_LIMIT].decode(errors="replace") or f"HTTP status {status}")[:_LIMIT]
    match status:
        case 401 | 403:
            return _forbidden(answer, message)
        case 404:
            return NotFound(message)
        case 409:
            return AlreadyExists(message) if answer.get("reason") == "AlreadyExists" else Conflict(message)
        case 410:
            return Expired(message)
        case 429:
            return ApiUnavailable(message, retry_after=_seconds(retry_after))
        case _ if status >= 500:
            return ApiUnavailable(f"HTTP status {status}: {message}", retry_after=_seconds(retry_after))
        case _:
            return Rejected(message)


def _forbidden(answer: dict[str, Any], message: str) -> FlinkopError:
    causes = (answer.get("details") or {}).get("causes") or ()
    if any(cause.get("reason") == "NamespaceTerminating" for cause in causes):
        return NamespaceTerminating(message)
    return Forbidden(message)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdigit() else None
