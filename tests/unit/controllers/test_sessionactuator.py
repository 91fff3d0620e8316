"""What is done with a job on a session cluster."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.virtualtime import run

from flinkop.api.flinkversion import FlinkVersion
from flinkop.controllers.sessionactuator import JarLost, NotSubmitted, SessionJobActuator, SessionTarget
from flinkop.flink.jar import Accepted, JarUnknown
from flinkop.flinkconf.jar import PYTHON_CLASSES
from flinkop.lifecycle.action import SubmitJob
from flinkop.lifecycle.restore import RestorePoint, RestoreSource


class SlowJobManagers:
    """Programs run until they are told to end."""

    def __init__(self) -> None:
        self.running: dict[str, int] = {}
        self.seconds: float | None = None
        self.go_on = asyncio.Event()

    async def run_jar(self, url: str, _jar: str, _request: Any, seconds: float | None = None) -> Accepted:
        self.seconds = seconds
        self.running[url] = self.running.get(url, 0) + 1
        await self.go_on.wait()
        self.running[url] -= 1
        return Accepted()


def a_target(url: str) -> SessionTarget:
    job = SimpleNamespace(entry_class=None, args=(), parallelism=1, allow_non_restored_state=False)
    wish = SimpleNamespace(spec=SimpleNamespace(job=job), configuration={}, version=FlinkVersion(1, 20))
    cluster = SimpleNamespace(url=url, conf={}, name="shared")
    return SessionTarget(("team", "job"), {}, cast(Any, wish), cast(Any, cluster))


@pytest.mark.parametrize(("entry_class", "at_once"), [(None, 2), ("Main", 2), (PYTHON_CLASSES[0], 1)])
async def test_programs_that_take_long_leave_connections_to_their_jobmanager_for_looking_and_those_in_python_are_alone(
    entry_class: str | None, at_once: int
) -> None:
    flink = SlowJobManagers()
    jars = SimpleNamespace(entry_class=lambda _wish: entry_class)
    actuator = SessionJobActuator(cast(Any, None), cast(Any, flink), cast(Any, jars))
    action = SubmitJob("a" * 32, "jar", RestorePoint(RestoreSource.EMPTY))
    async with asyncio.TaskGroup() as tasks:
        for url in ["http://one"] * 5 + ["http://other"]:
            tasks.create_task(actuator.perform(action, a_target(url)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert flink.running == {"http://one": at_once, "http://other": 1}
        flink.go_on.set()
    assert flink.running == {"http://one": 0, "http://other": 0}
    assert len(actuator._turns._turns) == 0


def test_a_program_in_python_has_a_minute_and_more_to_itself_and_another_is_not_submitted_beside_it() -> None:
    """Its calls get the id of whatever was submitted last. Who waits for long is told so, and not cut off in the middle."""

    async def main() -> None:
        flink, jars = SlowJobManagers(), SimpleNamespace(entry_class=lambda _wish: PYTHON_CLASSES[0])
        actuator = SessionJobActuator(cast(Any, None), cast(Any, flink), cast(Any, jars))
        action = SubmitJob("a" * 32, "jar", RestorePoint(RestoreSource.EMPTY))
        first = asyncio.create_task(actuator.perform(action, a_target("http://one")))
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        with pytest.raises(NotSubmitted, match="another program"):
            await actuator.perform(action, a_target("http://one"))
        waited = asyncio.get_running_loop().time() - began
        assert flink.running == {"http://one": 1}
        assert waited + (flink.seconds or 0) < 100, "all of it fits into a pass"
        assert (flink.seconds or 0) > 60
        flink.go_on.set()
        await first
        await actuator.perform(action, a_target("http://one"))

    run(main())


class WithoutJars:
    """A JobManager that was restarted."""

    async def run_jar(self, _url: str, _jar: str, _request: Any, _seconds: float | None = None) -> JarUnknown:
        return JarUnknown()


async def test_a_jar_that_the_jobmanager_has_lost_is_told_from_a_submission_whose_answer_is_lost() -> None:
    forgotten: list[Any] = []
    jars = SimpleNamespace(forget=lambda *what: forgotten.append(what), entry_class=lambda _wish: None)
    actuator, target = SessionJobActuator(cast(Any, None), cast(Any, WithoutJars()), cast(Any, jars)), a_target("http://one")
    with pytest.raises(JarLost):
        await actuator.perform(SubmitJob("a" * 32, "jar", RestorePoint(RestoreSource.EMPTY)), target)
    assert forgotten == [("team", target.cluster, "jar")]
