"""The observer: reads the stores, and asks Kubernetes and Flink what the next decision needs. It never writes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from flinkop.controllers import view
from flinkop.controllers.answer import read_job
from flinkop.controllers.desire import Wish
from flinkop.controllers.jobobserver import JobObserver
from flinkop.controllers.knowledge import Knowledge
from flinkop.controllers.lastwords import LastWords
from flinkop.controllers.mountfailure import MountFailures
from flinkop.controllers.snapshotresources import OwnSnapshots
from flinkop.controllers.trigger import Key
from flinkop.errors import FlinkRejected, FlinkUnreachable
from flinkop.flink.client import FlinkClient
from flinkop.flink.model import JobOverview
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS, REPLICA_SETS
from flinkop.lifecycle.dispose import may_dispose
from flinkop.lifecycle.observed import (
    TERMINAL,
    Answered,
    HaMetadata,
    Observed,
    Referring,
    Trouble,
    Unreachable,
    Workers,
)
from flinkop.lifecycle.question import Question, questions
from flinkop.lifecycle.record import JobManagerStatus, Record
from flinkop.lifecycle.teardown import is_gone
from flinkop.lifecycle.unseen import ended_unseen
from flinkop.resources.naming import common_labels, selector_of, taskmanager_deployment_name


class ObjectStore(Protocol):
    """The part of an informer's store that is read here."""

    def get(self, key: Key) -> dict[str, Any] | None:
        """The object of that key."""
        ...

    def by_index(self, index: str, key: Key) -> list[dict[str, Any]]:
        """The objects whose index has that key."""
        ...


BaseUrl = Callable[[Key, int], str]
"""Key of a cluster and its REST port to the base URL of the JobManager's REST endpoint."""


class Observer:
    """Gathers one `Observed` per pass."""

    def __init__(
        self,
        deployments: ObjectStore,
        pods: ObjectStore,
        ingresses: ObjectStore | None,
        kube: KubeClient,
        flink: FlinkClient,
        base_url: BaseUrl,
        session_jobs: ObjectStore | None = None,
        snapshots: OwnSnapshots | None = None,
    ) -> None:
        self._deployments, self._pods, self._ingresses = deployments, pods, ingresses
        self._kube, self._flink, self._base_url = kube, flink, base_url
        self._session_jobs, self._snapshots = session_jobs, snapshots
        self._last_words, self._mounts, self._job = LastWords(kube), MountFailures(kube), JobObserver(flink)

    async def observe(self, key: Key, record: Record, wish: Wish, knowledge: Knowledge, now: datetime) -> Observed:
        """Looks at everything the next decision depends on.

        Raises:
            TransientError: the Kubernetes API server cannot answer now.
        """
        seen = await self._cluster(key, record, wish, knowledge, now)
        ingress = view.read_ingress(self._ingresses.get(key), wish.uid) if self._ingresses is not None else None
        snapshots = self._snapshots.look(key) if self._snapshots is not None else None
        referring = self._referring(key, wish)
        return replace(
            seen,
            ingress=ingress,
            refused_ingress=knowledge.refused_ingress,
            refused_snapshot=knowledge.refused_snapshot,
            untold=knowledge.untold,
            referring=referring,
            snapshots=snapshots,
        )

    def _referring(self, key: Key, wish: Wish) -> tuple[Referring, ...]:
        """The resources that name a session cluster which is to be deleted or deployed anew."""
        wanted = wish.desired
        if self._session_jobs is None or not (wanted.session and (wanted.deleting or wanted.wants_restart)):
            return ()
        found = map(view.read_referring, self._session_jobs.by_index("cluster", key))
        return tuple(sorted(found, key=lambda one: one.name))

    async def _cluster(self, key: Key, record: Record, wish: Wish, knowledge: Knowledge, now: datetime) -> Observed:
        deployment = self._deployments.get(key)
        if deployment is not None and not view.is_owned_by(wish.uid, deployment):
            return await self._beside_a_stranger(key, record, wish, knowledge)
        seen = self._look(key, deployment, record, wish, knowledge, now)
        asked = questions(record, wish.desired, seen.jobmanager is not None)
        if may_dispose(record, wish.desired, now):
            asked |= Question.CHECKPOINTS
        if not record.cluster_info:
            asked |= Question.CLUSTER_INFO
        if Question.HA_METADATA in asked:
            seen = replace(seen, ha=await self._ha_metadata(key, record))
        if Question.REPLICA_SETS in asked and is_gone(seen, wish.desired, late=True):
            seen = replace(seen, replica_sets=await self._replica_sets(key))
        if Question.JOB in asked and seen.jobmanager is not None and seen.jobmanager.available:
            seen = await self._ask_flink(self._base_url(key, wish.running.rest_port), record, wish, seen, asked, knowledge)
        return await self._with_causes(key, record, wish, seen, now)

    async def _with_causes(self, key: Key, record: Record, wish: Wish, seen: Observed, now: datetime) -> Observed:
        if seen.crashed is not None:
            seen = replace(seen, crashed=await self._with_log(key, seen.crashed))
        if seen.creating and seen.trouble is None:
            waiting = next(pod for pod in self._pods.by_index("owner", key) if view.is_alive(pod) and view.waits_for_containers(pod, now))
            return replace(seen, trouble=await self._mounts.find(key[0], waiting["metadata"]))
        if seen.trouble is not None:
            return replace(seen, trouble=await self._with_log(key, seen.trouble))
        if seen.restart is not None and ended_unseen(record, seen, wish.desired, now):
            return replace(seen, failure=await self._last_words.cause(key[0], seen.restart.crash))
        return seen

    async def _with_log(self, key: Key, trouble: Trouble | None) -> Trouble | None:
        if trouble is None or trouble.crash is None:
            return trouble
        cause = await self._last_words.cause(key[0], trouble.crash)
        return view.with_cause(trouble, cause) if cause else trouble

    async def _beside_a_stranger(self, key: Key, record: Record, wish: Wish, knowledge: Knowledge) -> Observed:
        """A cluster of that name that is not this resource's: its pods are not ours either, and nobody can tell whose the metadata are,
        so that none may be removed. A start will be refused, which tells people."""
        ha = None
        if Question.HA_METADATA in questions(record, wish.desired, jobmanager_exists=False):
            ha = replace(await self._ha_metadata(key, record), config_maps=0, job_graphs=0)
        return Observed(ha=ha, dependents_applied=False, refusal=knowledge.refusal)

    def _look(
        self, key: Key, deployment: Mapping[str, Any] | None, record: Record, wish: Wish, knowledge: Knowledge, now: datetime
    ) -> Observed:
        pods = [pod for pod in self._pods.by_index("owner", key) if view.is_alive(pod)]
        masters = [pod for pod in pods if view.component_of(pod) == "jobmanager"]
        workers = [pod for pod in pods if view.component_of(pod) == "taskmanager"]
        taskmanagers = self._taskmanagers(key, wish) if wish.desired.standalone else None
        trouble = view.find_trouble(deployment, masters)
        return Observed(
            jobmanager=view.read_jobmanager(deployment) if deployment else None,
            jobmanager_pods=len(masters),
            pods_overdue=bool(masters) and all(view.is_overdue(pod, now) for pod in masters),
            taskmanagers=view.read_taskmanagers(taskmanagers) if taskmanagers else None,
            taskmanager_pods=len(workers) if wish.desired.standalone else 0,
            taskmanagers_overdue=bool(workers) and all(view.is_overdue(pod, now) for pod in workers),
            workers=Workers(len(workers), view.count_ready(workers)),
            restart=next(filter(None, map(view.find_restart, masters)), None),
            trouble=trouble or view.find_trouble(taskmanagers, workers),
            crashed=view.find_crash(masters) if trouble is None and record.jobmanager is JobManagerStatus.ERROR else None,
            creating=any(view.waits_for_containers(pod, now) for pod in pods),
            dependents_applied=deployment is not None and deployment["metadata"]["uid"] == knowledge.started_uid,
            refusal=knowledge.refusal,
        )

    def _taskmanagers(self, key: Key, wish: Wish) -> Mapping[str, Any] | None:
        found = self._deployments.get((key[0], taskmanager_deployment_name(key[1])))
        return found if found is not None and view.is_owned_by(wish.uid, found) else None

    async def _replica_sets(self, key: Key) -> int:
        """Those that could still make a pod of the cluster. In a native one only the JobManager has any."""
        namespace, name = key
        found = await self._kube.list(REPLICA_SETS, namespace, label_selector=selector_of({"app": name}))
        makers = (name, taskmanager_deployment_name(name))
        return sum(any(view.makes_pods_of(maker, one) for maker in makers) for one in found)

    async def _ha_metadata(self, key: Key, record: Record) -> HaMetadata:
        namespace, name = key
        found = await self._kube.list(CONFIG_MAPS, namespace, label_selector=selector_of(common_labels(name)))
        return view.read_ha_metadata(name, record.job.job_id, found)

    async def _ask_flink(self, url: str, record: Record, wish: Wish, seen: Observed, asked: Question, knowledge: Knowledge) -> Observed:
        try:
            return await self._answers(url, record, wish, seen, asked, knowledge)
        except (FlinkUnreachable, FlinkRejected) as trouble:
            return replace(seen, rest=Unreachable(str(trouble)), job=None, savepoint=None, requested_checkpoint=None)

    async def _answers(self, url: str, record: Record, wish: Wish, seen: Observed, asked: Question, knowledge: Knowledge) -> Observed:
        jobs = await self._flink.jobs_overview(url)
        if wish.desired.session:
            return await self._of_session(url, record, replace(seen, rest=Answered()), jobs)
        return await self._job.look(url, record, seen, asked, knowledge, jobs)

    async def _of_session(self, url: str, record: Record, seen: Observed, jobs: list[JobOverview]) -> Observed:
        running = tuple(job for job in map(read_job, jobs) if job.state not in TERMINAL)
        return replace(seen, session_jobs=running, cluster_info=None if record.cluster_info else await self._cluster_info(url))

    async def _cluster_info(self, url: str) -> Mapping[str, str] | None:
        with contextlib.suppress(FlinkUnreachable, FlinkRejected):  # the cluster serves without it
            return await self._flink.cluster_info(url)
        return None
