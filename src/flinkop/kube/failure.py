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
from flinkop.redaction import redact

_LIMIT = 1000
_NOT_READY = "not yet ready to handle request"  # a starting API server says so with 403, before it knows its roles


def failure_of(status: int, body: bytes, retry_after: str | None = None) -> FlinkopError:
    """The error for an HTTP answer with this status and body (a `v1.Status`, or any text)."""
    answer = _parse(body)
    told = str(answer.get("message") or body[:_LIMIT].decode(errors="replace") or f"HTTP status {status}")
    message = redact(told[:_LIMIT])  # webhooks and validation quote what was written
    match status:
        case 401:
            # tokens rotate, and a starting API server knows none yet: neither is for good
            return ApiUnavailable(f"not authenticated: {message}")
        case 403:
            return _forbidden(answer, message)
        case 404:
            return NotFound(message)
        case 409:
            return AlreadyExists(message) if answer.get("reason") == "AlreadyExists" else Conflict(message)
        case 410:
            return Expired(message)
        case 400 | 405 | 406 | 413 | 415 | 422:
            return Rejected(message)
        case _:
            return ApiUnavailable(f"HTTP status {status}: {message}", retry_after=_pause(answer, retry_after))


def _forbidden(answer: dict[str, Any], message: str) -> FlinkopError:
    causes = (answer.get("details") or {}).get("causes") or ()
    if any(cause.get("reason") == "NamespaceTerminating" for cause in causes):
        return NamespaceTerminating(message)
    if _NOT_READY in message:
        return ApiUnavailable(message)
    return Forbidden(message)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _pause(answer: dict[str, Any], header: str | None) -> float | None:
    """Seconds from the header `Retry-After` (the API server never sends its other form, a date), else from the status."""
    if header and header.isdigit():
        return float(header)
    seconds = (answer.get("details") or {}).get("retryAfterSeconds")
    return float(seconds) if seconds else None
