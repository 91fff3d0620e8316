"""The parts that the kinds in the simple style add to the passes: names, slots, statements, places and words."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.virtualtime import LoopClock, run

from flinkop.api.flinkdeployment import DeploymentMode, parse_spec
from flinkop.controllers.applicationkind import ALONE, FLINK_CLUSTER_KIND, ON_CLUSTER
from flinkop.controllers.complaint import retell
from flinkop.controllers.jobplace import has_own_cluster, shared_cluster_name
from flinkop.controllers.rivals import Claimants, Rivals
from flinkop.controllers.servedkind import NOTHING_AROUND, Around
from flinkop.controllers.sessioncluster import SessionCluster
from flinkop.controllers.sessionobserver import SessionJobObserver
from flinkop.controllers.slots import Slots
from flinkop.controllers.statements import Statements
from flinkop.errors import Forbidden, InvalidSpec
from flinkop.lifecycle.counts import count_cluster, count_job
from flinkop.lifecycle.decision import Decision, Event
from flinkop.lifecycle.observed import Answered, Job, JobState, Observed, Refusal, Unreachable, Workers
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import JobRecord, Record
from flinkop.lifecycle.sessionjob.seen import Cluster, ClusterState, JarReady, Room, SessionObserved

KEY = ("team", "job")
CLUSTER_SPEC = parse_spec({"flinkVersion": "v1_20", "image": "flink:1.20", "mode": "standalone"})
CLUSTER = SessionCluster(Cluster(ClusterState.READY, "ready", serves=True), "shared", url="http://shared", spec=CLUSTER_SPEC)


def a_resource(kind: str = "FlinkApplication", spec: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    metadata = {
        "namespace": KEY[0],
        "name": KEY[1],
        "uid": kind,
        "creationTimestamp": "2030-01-01T00:00:00Z",
        **changes.pop("metadata", {}),
    }
    return {"kind": kind, "metadata": metadata, "spec": spec or {}, **changes}


def recorded(spec: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps({"spec": spec})
    return {"phase": "Running", "reconciliationStatus": {"lastReconciledSpec": text}}


# names


def holder(uid: str, *resources: dict[str, Any], deployment_of: str | None = None) -> str | None:
    deployment = {"metadata": {"ownerReferences": [{"uid": deployment_of}]}}
    deployments = {KEY: deployment} if deployment_of is not None else {}
    claimants = [Claimants(cast(Any, {KEY: one}), has_own_cluster if one["kind"] == "FlinkApplication" else bool) for one in resources]
    return Rivals(claimants, cast(Any, deployments)).holder(KEY, uid)


DEPLOYMENT, SHARED = a_resource("FlinkDeployment"), a_resource("FlinkCluster")
YOUNGER = a_resource("FlinkCluster", metadata={"creationTimestamp": "2030-01-01T00:00:01Z"})
THAT_HAS_RUN = {**YOUNGER, "status": {"reconciliationStatus": {"lastStableSpec": "{}"}}}
ON_ANOTHERS = a_resource(spec={"flinkCluster": {"name": "shared"}})


@pytest.mark.parametrize(
    ("resources", "owner", "first"),
    [
        pytest.param([DEPLOYMENT], None, "FlinkDeployment", id="one alone"),
        pytest.param([DEPLOYMENT, YOUNGER], None, "FlinkDeployment", id="the older"),
        pytest.param([DEPLOYMENT, THAT_HAS_RUN], None, "FlinkCluster", id="the one that has run"),
        pytest.param([DEPLOYMENT, YOUNGER], "FlinkCluster", "FlinkCluster", id="the owner of what is there"),
        pytest.param([DEPLOYMENT, YOUNGER], "a stranger", "FlinkDeployment", id="a stranger's Deployment says nothing"),
    ],
)
def test_one_of_a_name_has_its_cluster(resources: list[dict[str, Any]], owner: str | None, first: str) -> None:
    found = {one["kind"]: holder(one["kind"], *resources, deployment_of=owner) for one in resources}
    assert [kind for kind, other in found.items() if other is None] == [first]
    assert {other for other in found.values() if other is not None} <= {f"{first} job"}


def test_an_application_on_a_cluster_shares_its_name_with_whom_it_likes() -> None:
    assert holder("FlinkDeployment", DEPLOYMENT, ON_ANOTHERS) is None


# places


@pytest.mark.parametrize(
    ("spec", "status", "name", "own"),
    [
        pytest.param({}, None, None, True, id="says nothing"),
        pytest.param({"flinkCluster": {"name": "a"}}, None, "a", False, id="names a cluster"),
        pytest.param({"flinkCluster": {}}, None, None, False, id="names one without a name"),
        pytest.param({"flinkCluster": {"name": "a"}}, recorded({"deploymentName": "b"}), "b", False, id="began on another"),
        pytest.param({"flinkCluster": {"name": "a"}}, recorded({"flinkVersion": "v1_20"}), None, True, id="began alone"),
        pytest.param({}, recorded({"deploymentName": "b"}), "b", False, id="names none any more"),
        pytest.param({"flinkCluster": "a"}, {"phase": "Strange"}, None, False, id="nothing can be read"),
    ],
)
def test_where_a_job_began_is_where_it_is(spec: dict[str, Any], status: dict[str, Any] | None, name: str | None, own: bool) -> None:
    resource = a_resource(spec=spec, **({"status": status} if status else {}))
    assert (shared_cluster_name(resource), has_own_cluster(resource)) == (name, own)


def an_application(**spec: Any) -> dict[str, Any]:
    return a_resource(spec={"job": {"jarURI": "local:///job.jar", "mainClass": "Job"}, **spec})


def test_a_job_is_not_moved_by_its_spec() -> None:
    with pytest.raises(InvalidSpec, match="which it keeps"):
        ALONE.read(an_application(flinkCluster={"name": "shared"}), NOTHING_AROUND)
    with pytest.raises(InvalidSpec, match="runs on FlinkCluster shared"):
        ON_CLUSTER.read(an_application(flinkVersion="1.20"), NOTHING_AROUND, CLUSTER, Record())


@pytest.mark.parametrize(
    ("phase", "change", "parallelism"),
    [
        pytest.param(Phase.RUNNING, {}, 2, id="a running job goes on"),
        pytest.param(Phase.FAILED, {}, 2, id="a failed job is not started for it"),
        pytest.param(Phase.RUNNING, {"restartNonce": 1}, 5, id="with its next start"),
        pytest.param(Phase.SUSPENDED, {}, 5, id="a suspended job has it when it is resumed"),
        pytest.param(Phase.UPGRADING, {}, 5, id="a job that is started anew"),
    ],
)
def test_the_default_parallelism_counts_from_the_next_start(phase: Phase, change: dict[str, Any], parallelism: int) -> None:
    resource = an_application(flinkCluster={"name": "shared"})
    before = ON_CLUSTER.read(resource, NOTHING_AROUND, replace(CLUSTER, default_parallelism=2), Record()).to_wire()
    changed = {**resource, "spec": {**resource["spec"], **change}}
    spec = ON_CLUSTER.read(changed, NOTHING_AROUND, replace(CLUSTER, default_parallelism=5), Record(phase=phase, reconciled=before))
    assert spec.job is not None
    assert spec.job.parallelism == parallelism


def test_what_is_wrong_around_a_resource_is_wrong_with_it() -> None:
    with pytest.raises(InvalidSpec, match="no such ConfigMap"):
        ALONE.read(an_application(flinkVersion="1.20"), Around(problem="no such ConfigMap"))


# slots


class Overview:
    """A JobManager with so many slots."""

    def __init__(self, total: int, free: int) -> None:
        self.answer = total, free

    async def slots(self, _url: str) -> tuple[int, int]:
        return self.answer


def test_what_one_is_about_to_take_another_does_not_count_on() -> None:
    async def main() -> None:
        slots = Slots(cast(Any, Overview(2, 2)), LoopClock())
        assert await slots.look(("team", "a"), CLUSTER, 2) == Room(2, 2, 2)
        assert await slots.look(("team", "b"), CLUSTER, 1) == Room(1, 0, 2)
        assert await slots.look(("team", "a"), CLUSTER, 2) == Room(2, 2, 2), "its own"
        slots.release(("team", "a"), CLUSTER.url)
        assert await slots.look(("team", "b"), CLUSTER, 1) == Room(1, 2, 2)
        await asyncio.sleep(11)
        assert await slots.look(("team", "a"), CLUSTER, 2) == Room(2, 2, 2), "nothing is kept for ever"

    run(main())


def test_the_slots_that_a_submitted_job_waits_for_are_kept_as_long_as_flink_waits_for_them() -> None:
    """Where a cluster grows, its TaskManagers come a minute after the job, and until then all slots seem free."""

    async def main() -> None:
        slots = Slots(cast(Any, Overview(0, 0)), LoopClock())
        native = replace(
            CLUSTER,
            conf={"slotmanager.number-of-slots.max": "2"},
            spec=CLUSTER_SPEC.model_copy(update={"mode": DeploymentMode.NATIVE}),
        )
        assert await slots.look(("team", "a"), native, 2) == Room(2, 2, 2)
        for _ in range(30):
            await asyncio.sleep(9)
            slots.keep(("team", "a"), native.url)
            assert await slots.look(("team", "b"), native, 1) == Room(1, 0, 2)
        await asyncio.sleep(31)
        slots.keep(("team", "a"), native.url)
        assert await slots.look(("team", "b"), native, 1) == Room(1, 2, 2), "not for ever"
        slots.keep(("team", "c"), native.url)
        assert await slots.look(("team", "b"), native, 1) == Room(1, 2, 2), "and only what was found free"

    run(main())


@pytest.mark.parametrize(
    ("look", "left"),
    [
        pytest.param({"job": JobState.CREATED, "waits": True}, 0, id="it waits for its slots"),
        pytest.param({"job": JobState.CREATED}, 2, id="it has them, and reads its state"),
        pytest.param({"job": JobState.RUNNING}, 2, id="it runs"),
        pytest.param({"job": JobState.FAILED}, 2, id="it has ended"),
        pytest.param({}, 2, id="it is not there"),
        pytest.param({"rest": Unreachable("hangs")}, 0, id="nobody tells"),
    ],
)
def test_what_becomes_of_a_job_decides_about_the_slots_that_are_kept_for_it(look: dict[str, Any], left: int) -> None:
    async def main() -> None:
        nothing = cast(Any, None)
        slots, wish = Slots(cast(Any, Overview(2, 2)), LoopClock()), cast(Any, SimpleNamespace(spec=SimpleNamespace(job=None)))
        observer = SessionJobObserver(nothing, nothing, nothing, nothing, slots)
        await slots.look(KEY, CLUSTER, 2)
        await asyncio.sleep(6)
        job = Job("id", "name", look["job"], 1, 1, look.get("waits", False)) if "job" in look else None
        await observer._with_room(
            slots, KEY, wish, CLUSTER, SessionObserved(cluster=CLUSTER.cluster, rest=look.get("rest", Answered()), job=job)
        )
        await asyncio.sleep(6 if job else 0)
        assert (await slots.look(("team", "b"), CLUSTER, 1)) == Room(1, left, 2)

    run(main())


def test_no_slots_are_kept_for_a_job_that_the_jobmanager_refuses_over_and_over() -> None:
    """A jar or class that is not there stays so: the applications behind it would wait for ever, beside free slots."""

    async def main() -> None:
        nothing = cast(Any, None)
        slots, wish = Slots(cast(Any, Overview(2, 2)), LoopClock()), cast(Any, SimpleNamespace(spec=SimpleNamespace(job=None)))
        observer = SessionJobObserver(nothing, nothing, nothing, nothing, slots)
        ready = SessionObserved(cluster=CLUSTER.cluster, rest=Answered(), jar=JarReady("id"))
        assert (await observer._with_room(slots, KEY, wish, CLUSTER, ready)).room == Room(1, 2, 2)
        assert await slots.look(("team", "b"), CLUSTER, 2) == Room(2, 1, 2), "about to be submitted"
        refused = replace(ready, refusal=Refusal("SubmissionRejected", "no such class"))
        assert (await observer._with_room(slots, KEY, wish, CLUSTER, refused)).room == Room(1, 2, 2)
        assert await slots.look(("team", "b"), CLUSTER, 2) == Room(2, 2, 2)

    run(main())


@pytest.mark.parametrize(("maximum", "room"), [(None, None), ("6", Room(3, 5, 6)), ("4", Room(3, 3, 4))])
def test_a_cluster_that_grows_has_room_up_to_its_maximum(maximum: str | None, room: Room | None) -> None:
    async def main() -> None:
        conf = {} if maximum is None else {"slotmanager.number-of-slots.max": maximum}
        native = replace(CLUSTER, conf=conf, spec=CLUSTER_SPEC.model_copy(update={"mode": DeploymentMode.NATIVE}))
        assert await Slots(cast(Any, Overview(2, 1)), LoopClock()).look(KEY, native, 3) == room

    run(main())


# statements


class ConfigMaps:
    """The only ConfigMap, or what is said instead."""

    def __init__(self, answer: dict[str, Any] | Exception | None) -> None:
        self.answer = answer

    async def get(self, *_: Any) -> dict[str, Any] | None:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "statements", "problem"),
    [
        ({"data": {"statements.sql": "SELECT 1"}}, "SELECT 1", None),
        ({"data": {"statements.sql": " "}}, None, "spec.job.sql.configMap.key: ConfigMap sql has no statements under statements.sql"),
        ({}, None, "spec.job.sql.configMap.key: "),
        (None, None, "spec.job.sql.configMap.name: ConfigMap sql does not exist"),
        (Forbidden("no"), None, "spec.job.sql.configMap.name: ConfigMap sql cannot be read"),
    ],
)
def test_statements_are_found_or_it_is_said_why_not(answer: Any, statements: str | None, problem: str | None) -> None:
    async def main() -> None:
        resource = a_resource(spec={"job": {"sql": {"configMap": {"name": "sql"}}}})
        around = await Statements(cast(Any, ConfigMaps(answer))).look(resource)
        assert around.statements == statements
        assert (around.problem or "").startswith(problem or "")
        assert (around.problem is None) is (problem is None)

    run(main())


@pytest.mark.parametrize("spec", [{}, {"job": {"sql": {"statements": "SELECT 1"}}}, {"job": {"sql": {"configMap": {}}}}, {"job": 1}])
def test_nothing_is_asked_for_where_no_configmap_is_named(spec: dict[str, Any]) -> None:
    async def main() -> None:
        assert await Statements(cast(Any, ConfigMaps(AssertionError()))).look(a_resource(spec=spec)) == NOTHING_AROUND

    run(main())


# words and counts


def test_people_are_told_in_the_words_of_what_they_wrote() -> None:
    fields = "spec.deploymentName, spec.flinkConfiguration.a, spec.job.entryClass"
    text = f"Session cluster x: FlinkSessionJobs refer to FlinkDeployment x; {fields}"
    decision = Decision(Record(message=text, failure=text, invalid=text), events=(Event("Told", text),))
    told = retell(decision, ON_CLUSTER.words)
    own_fields = "spec.flinkCluster.name, spec.configuration.a, spec.job.mainClass"
    own = f"FlinkCluster x: FlinkApplications refer to FlinkCluster x; {own_fields}"
    assert (told.record.message, told.record.failure, told.record.invalid, told.events[0].message) == (own,) * 4
    assert retell(decision, ()) is decision
    assert retell(told, ON_CLUSTER.words) == told, "what was read back is told the same"
    assert "FlinkCluster x" in retell(decision, FLINK_CLUSTER_KIND.words).record.message


def test_a_cluster_counts_what_it_sees_and_keeps_what_it_does_not() -> None:
    job = Job("id", "name", JobState.RUNNING, 1, 1)
    seen = Observed(rest=Answered(), session_jobs=(job, job), workers=Workers(3, 2))
    assert count_cluster({}, seen) == {"jobs": 2, "taskManagers": 2}
    assert count_cluster({"jobs": 2}, Observed()) == {"jobs": 0, "taskManagers": 0}, "without a JobManager there are none"


def test_an_application_counts_its_job() -> None:
    running = Record(job=JobRecord(state=JobState.RUNNING))
    assert count_job({}, running, None) == {"jobs": 1}
    assert count_job({}, Record(), Observed(workers=Workers(1, 1))) == {"jobs": 0, "taskManagers": 1}
