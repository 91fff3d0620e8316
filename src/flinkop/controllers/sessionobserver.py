"""The observer of session jobs: reads the caches, and asks the session cluster's JobManager what the next decision needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flinkop.controllers import view
from flinkop.controllers.jarheaders import JarHeaders
from flinkop.controllers.jarsupply import JarSupply
from flinkop.controllers.jobobserver import JobObserver
from flinkop.controllers.knowledge import Knowledge
from flinkop.controllers.observer import ObjectStore
from flinkop.controllers.sessioncluster import SessionCluster
from flinkop.controllers.sessiondesire import SessionWish
from flinkop.controllers.sharedlook import SharedLook
from flinkop.controllers.slots import Slots
from flinkop.controllers.snapshotresources import OwnSnapshots
from flinkop.controllers.trigger import Key
from flinkop.errors import FlinkRejected, FlinkUnreachable, InvalidSpec
from flinkop.flink.client import FlinkClient
from flinkop.flink.model import JobOverview, JobState
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS
from flinkop.lifecycle.dispose import may_dispose
from flinkop.lifecycle.observed import TERMINAL, HaMetadata, Unreachable
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.question import Question
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.sessionjob.question import needs_age_of_jobmanager, needs_jar, needs_metadata, session_job_questions
from flinkop.lifecycle.sessionjob.seen import Jar, JarFailed, JarReady, SessionObserved
from flinkop.resources.naming import common_labels, selector_of

_ENDED = frozenset({JobState.FAILED, JobState.CANCELED, JobState.FINISHED})
_JUST_NOW = 0.5
_MISSED_LOOKS = 1.5
"""For so many intervals between two looks a job at rest is taken for what it was: one look that fails is no news of all jobs."""


class SessionJobObserver:
    """Gathers one `SessionObserved` per pass. Jobs at rest on one cluster share one look at it."""

    def __init__(
        self,
        kube: KubeClient,
        flink: FlinkClient,
        looks: SharedLook,
        jars: JarSupply,
        slots: Slots | None = None,
        snapshots: OwnSnapshots | None = None,
        pods: ObjectStore | None = None,
    ) -> None:
        self._kube, self._looks, self._jars, self._slots, self._snapshots, self._pods = kube, looks, jars, slots, snapshots, pods
        self._job, self._headers = JobObserver(flink), JarHeaders(kube)

    async def observe(
        self, key: Key, record: Record, wish: SessionWish, cluster: SessionCluster, knowledge: Knowledge, now: datetime
    ) -> SessionObserved:
        """Looks at everything the next decision depends on.

        Raises:
            TransientError: the Kubernetes API server cannot answer now.
        """
        seen = SessionObserved(cluster=cluster.cluster, refusal=knowledge.refusal, not_submitted=knowledge.not_submitted)
        if self._snapshots is not None:
            seen = replace(seen, snapshots=self._snapshots.look(key), refused_snapshot=knowledge.refused_snapshot)
        if cluster.cluster.serves:
            seen = await self._ask_flink(record, wish, cluster, seen, knowledge, now)
        if needs_metadata(record, seen, wish.desired):
            seen = replace(seen, ha=await self._ha_metadata(key[0], cluster.name, record))
        if needs_age_of_jobmanager(record, seen):
            seen = replace(seen, jobmanager_since=self._jobmanager_start(key[0], cluster))
        if needs_jar(record, seen, wish.desired) and seen.takes_jobs:
            seen = replace(seen, jar=await self._jar(key, cluster, wish))
        return seen if self._slots is None else await self._with_room(self._slots, key, wish, cluster, seen)

    async def _with_room(
        self, slots: Slots, key: Key, wish: SessionWish, cluster: SessionCluster, seen: SessionObserved
    ) -> SessionObserved:
        if not isinstance(seen.jar, JarReady) or (seen.job is not None and not seen.job_has_ended):
            if not seen.answers or (seen.job is not None and seen.job.waits_for_slots):
                slots.keep(key, cluster.url)
            else:
                slots.release(key, cluster.url)
            return seen
        needed = (wish.spec.job.parallelism if wish.spec.job is not None else None) or 1
        try:
            # one that the JobManager has refused is tried again and again: what it does not get others may have
            return replace(seen, room=await slots.look(key, cluster, needed, keeps=seen.refusal is None))
        except (FlinkUnreachable, FlinkRejected) as trouble:
            return replace(seen, rest=Unreachable(str(trouble)))

    async def _jar(self, key: Key, cluster: SessionCluster, wish: SessionWish) -> Jar:
        try:
            headers = await self._headers.read(key[0], wish.configuration)
        except InvalidSpec as error:
            return JarFailed(str(error))
        return self._jars.look(key, cluster, wish, headers)

    async def _ask_flink(
        self, record: Record, wish: SessionWish, cluster: SessionCluster, seen: SessionObserved, knowledge: Knowledge, now: datetime
    ) -> SessionObserved:
        asked = session_job_questions(record, wish.desired)
        if may_dispose(record, wish.desired, now):
            asked |= Question.CHECKPOINTS
        try:
            jobs = await self._looks.jobs(cluster.url, *_ages(record, wish))
            if _may_be_older(jobs, record):
                jobs = await self._looks.jobs(cluster.url, 0.0)
            seen = replace(seen, strays=_strays(record, jobs))
            return await self._job.look(cluster.url, record, seen, asked, knowledge, jobs)
        except (FlinkUnreachable, FlinkRejected) as trouble:
            return replace(seen, rest=Unreachable(str(trouble)), job=None, savepoint=None, requested_checkpoint=None)

    def _jobmanager_start(self, namespace: str, cluster: SessionCluster) -> datetime | None:
        """Read after the JobManager has answered. With standbys nobody knows which of them did, even where the caches show one only."""
        if self._pods is None or cluster.spec is None or cluster.spec.job_manager.replicas != 1:
            return None
        return view.read_jobmanager_start(self._pods.by_index("owner", (namespace, cluster.name)))

    async def _ha_metadata(self, namespace: str, cluster: str, record: Record) -> HaMetadata:
        found = await self._kube.list(CONFIG_MAPS, namespace, label_selector=selector_of(common_labels(cluster)))
        return view.read_session_metadata(cluster, record.job.job_id, found)


def _ages(record: Record, wish: SessionWish) -> tuple[float, float]:
    """How old a look may be in seconds, and one before it when that one failed.

    At rest half of the interval between two looks may have passed; while something is in progress nearly nothing.
    """
    wanted, interval = wish.desired, wish.desired.settings.rest_interval.total_seconds()
    rests = record.phase is Phase.RUNNING and record.step is None and not (wanted.has_to_stop or wanted.deleting)
    return (interval / 2, interval * _MISSED_LOOKS) if rests else (_JUST_NOW, 0.0)


def _may_be_older(jobs: list[JobOverview], record: Record) -> bool:
    """Whether a look that was shared shows the job before the end that is recorded: it is not taken for one that came back."""
    return record.job.state in TERMINAL and any(job.job_id == record.job.job_id and job.state not in _ENDED for job in jobs)


def _strays(record: Record, jobs: list[JobOverview]) -> tuple[str, ...]:
    given_up = set(record.abandoned)
    return tuple(job.job_id for job in jobs if job.job_id in given_up and job.state not in _ENDED)
