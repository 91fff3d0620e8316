"""The log of a container that crashed tells the cause; it is read once, and must not hold anything up."""

from __future__ import annotations

from typing import cast

import pytest
from tests.virtualtime import run

from flinkop.controllers.lastwords import LastWords
from flinkop.errors import ApiUnavailable, Forbidden
from flinkop.kube.client import KubeClient
from flinkop.lifecycle.observed import Crash

CRASH = Crash("job-x", "flink-main-container", 2, "2026-01-01T00:00:00Z")
CAUSE = "java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory 's3://nowhere'."
TRACE = """\
2026-01-01 00:00:00,000 ERROR org.apache.flink.runtime.entrypoint.ClusterEntrypoint [] - Fatal error occurred in the cluster entrypoint.
java.util.concurrent.CompletionException: org.apache.flink.util.FlinkException: Application failed unexpectedly.
\tat java.base/java.lang.Thread.run(Thread.java:840) ~[?:?]
Caused by: java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory 's3://nowhere'.
\tat java.base/java.lang.Thread.run(Thread.java:840) ~[?:?]
WARNING: a last word that tells nothing
"""


class Kube:
    """Answers with that log, or with that error."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer, self.asked = answer, 0

    async def read_last_log(self, namespace: str, pod: str, container: str, lines: int) -> str:
        assert (namespace, pod, container, lines > 100) == ("ns", "job-x", "flink-main-container", True)
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        pytest.param(
            TRACE, "java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory 's3://nowhere'.", id="a trace"
        ),
        pytest.param("bye\n", None, id="no trace"),
        pytest.param("", None, id="nothing"),
        pytest.param(Forbidden("pods/log"), None, id="no permission"),
    ],
)
def test_the_cause_is_read_once_for_each_crash(answer: str | Exception, cause: str | None) -> None:
    kube = Kube(answer)

    async def ask_twice() -> None:
        words = LastWords(cast(KubeClient, kube))
        assert [await words.cause("ns", CRASH), await words.cause("ns", CRASH)] == [cause, cause]
        assert kube.asked == 1
        await words.cause("ns", Crash(CRASH.pod, CRASH.container, CRASH.exit_code, "later"))
        assert kube.asked == 2

    run(ask_twice())


def test_what_the_api_server_could_not_answer_is_asked_again() -> None:
    kube = Kube(ApiUnavailable("no answer"))

    async def ask_twice() -> None:
        words = LastWords(cast(KubeClient, kube))
        assert await words.cause("ns", CRASH) is None
        kube.answer = TRACE
        assert await words.cause("ns", CRASH) == CAUSE

    run(ask_twice())
