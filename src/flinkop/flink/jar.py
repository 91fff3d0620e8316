"""Jars on a JobManager, and what becomes of a request to run one.

Source: the transcripts in tests/golden/rest. Session clusters have these endpoints; application clusters have not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.errors import FlinkRejected, FlinkUnreachable

JAR_CONTENT_TYPE = "application/x-java-archive"

# The last words of Flink's own sentences.
_UNKNOWN_JAR = re.compile(r"Jar file \S+ does not exist")
_DUPLICATE = "DuplicateJobSubmissionException"
_SLOW = ("AskTimeoutException", "java.util.concurrent.TimeoutException")
_NO_ENDPOINT = "this cluster takes no jobs over REST; it is an application cluster, or web.submit.enable is false"


@dataclass(frozen=True, slots=True)
class Jar:
    """A jar that was uploaded to a JobManager. Its id begins with a random part, and only this JobManager process knows it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """How to run a jar. What is None is left to Flink.

    `flink_configuration` needs Flink 1.17; 1.16 refuses a request that has it. `claim_mode` is one of NO_CLAIM, CLAIM, LEGACY.
    """

    job_id: str
    entry_class: str | None = None
    args: tuple[str, ...] = ()
    parallelism: int | None = None
    savepoint_path: str | None = None
    allow_non_restored_state: bool | None = None
    claim_mode: str | None = None
    flink_configuration: Mapping[str, str] | None = None

    def body(self) -> dict[str, Any]:
        """The request's body, which is the same for all versions: from 1.20 on `restoreMode` is the old name of `claimMode`."""
        fields = {
            "jobId": self.job_id,
            "entryClass": self.entry_class,
            "programArgsList": list(self.args) or None,
            "parallelism": self.parallelism,
            "savepointPath": self.savepoint_path,
            "allowNonRestoredState": self.allow_non_restored_state,
            "restoreMode": self.claim_mode,
            "flinkConfiguration": dict(self.flink_configuration) if self.flink_configuration else None,
        }
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Accepted:
    """The job was submitted. It may fail all the same, for example when the savepoint cannot be read."""


@dataclass(frozen=True, slots=True)
class AlreadyRunning:
    """A job of this id was submitted before; it runs, or has ended."""


@dataclass(frozen=True, slots=True)
class JarUnknown:
    """The JobManager does not have the jar, or has it no more: upload it again."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The program could not be run, or it failed: the cause in one line. A job of this id may be there all the same, as FAILED."""

    cause: str


RunOutcome = Accepted | AlreadyRunning | JarUnknown | Rejected


def read_jars(answer: Mapping[str, Any]) -> list[Jar]:
    """The jars of `GET /jars`. Raises KeyError or ValueError for what is no such answer."""
    files = answer["files"]
    if not isinstance(files, list):
        raise ValueError("files")
    return [Jar(str(file["id"]), str(file["name"])) for file in files if isinstance(file, dict)]


def read_jar_id(answer: Mapping[str, Any]) -> str:
    """The id in the answer to an upload: the last part of the file's name. Raises as `read_jars`."""
    name = answer["filename"]
    if not isinstance(name, str) or not name.endswith(".jar"):
        raise ValueError("filename")
    return name.rpartition("/")[2]


def outcome_of(rejected: FlinkRejected) -> RunOutcome:
    """What the refusal of a run means. Raises FlinkUnreachable when it tells that the JobManager was too slow."""
    cause = str(rejected)
    if _DUPLICATE in cause:
        return AlreadyRunning()
    if _UNKNOWN_JAR.search(cause):
        return JarUnknown()
    if rejected.status == 404:
        return Rejected(_NO_ENDPOINT)
    if any(name in cause for name in _SLOW):
        raise FlinkUnreachable(f"running a jar: {cause}")
    return Rejected(cause)
