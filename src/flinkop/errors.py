"""The error tree. Nothing above `kube/` and `flink/` sees a foreign exception: both packages map theirs to these, once, at the edge."""

from __future__ import annotations


class FlinkopError(Exception):
    """Every error the operator raises itself. Its text names the cause in one line and holds no secret."""


class TransientError(FlinkopError):
    """Trouble that may pass by itself: the key is tried again with exponential back-off."""


class TerminalError(FlinkopError):
    """Trouble that only somebody's change can mend: it is reported. What no watch would tell of is looked at again all the same."""


class ApiUnavailable(TransientError):
    """The Kubernetes API server cannot be reached, is overloaded (429) or failed (5xx).

    `retry_after` is the pause in seconds that the server asked for, if it did.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Conflict(TransientError):
    """A write was based on an outdated resourceVersion (409)."""


class AlreadyExists(TransientError):
    """A create met an object of the same name (409). Callers for whom that is success catch it."""


class Expired(TransientError):
    """The resourceVersion or continue token is too old (410): list again."""


class FlinkUnreachable(TransientError):
    """A JobManager's REST endpoint does not answer: connection refused, timed out, no leader, or not JSON."""


class FlinkRejected(TransientError):
    """A JobManager answered with an error.

    `status` is the HTTP status, the text the first error that Flink gave.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ArtifactUnavailable(TransientError):
    """A jar cannot be fetched: its server does not answer or refuses, or what it sends is not what was asked for."""


class InvalidSpec(TerminalError):
    """The spec cannot be carried out as written."""


class Forbidden(TerminalError):
    """The API server refuses the request to this service account (401, 403)."""


class Rejected(TerminalError):
    """The API server refuses the object itself (400, 422)."""


class UnreadableStatus(TerminalError):
    """The status of a resource is not one that this version has written: nothing is guessed."""


class NotFound(TerminalError):
    """The object, or the kind, does not exist (404)."""


class InvalidConfiguration(TerminalError):
    """The operator's own configuration cannot be used; it does not start."""


class NamespaceTerminating(TerminalError):
    """Nothing can be created any more in a namespace that is being deleted."""
