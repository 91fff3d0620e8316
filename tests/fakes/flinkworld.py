"""What a cluster without kubelets lacks: someone who starts JobManagers for Deployments, keeps Flink's high-availability metadata,
and collects what deleted owners leave. The API server is real; the JobManagers are those of `tests.fakes.jobmanager`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any

from tests.fakes.jobmanager import Job, JobManager, JobManagers, Key, Start, a_session_jobmanager
from tests.fakes.workers import StandaloneWorkers, build_pod

from flinkop.errors import AlreadyExists, ApiUnavailable, Conflict, FlinkopError, NotFound
from flinkop.flinkconf.highavailability import is_ha
from flinkop.flinkconf.syntax import read_flink_conf_yaml
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS, PODS, SERVICES, Resource
from flinkop.resources.configuration import LAST_STATE_PATH
from flinkop.resources.naming import common_labels
from flinkop.runtime.informer import Collection, Informer

_CHECKPOINT = re.compile(r"chk-(\d+)$")
BROKEN_IMAGE = "broken"
"""A JobManager of this image never gets ready."""


class PersistentClient:
    """A client of the API server that asks until it is answered."""

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._kube, name)

        async def ask(*args: Any, **kwargs: Any) -> Any:
            while True:
                try:
                    return await method(*args, **kwargs)
                except ApiUnavailable:
                    await asyncio.sleep(0.05)

        return ask


class FlinkWorld:
    """`violations` collects what must never happen: a second JobManager beside a living one, an old job graph that is revived.

    Only `namespaces` are its business: what earlier tests left elsewhere stays dead.
    """

    def __init__(self, kube: KubeClient, jobmanagers: JobManagers) -> None:
        self.jobmanagers = jobmanagers
        self.violations = jobmanagers.violations
        self.namespaces: set[str] = set()
        self._kube: Any = PersistentClient(kube)
        self._informer = Informer(Collection(kube, DEPLOYMENTS, None, "component in (jobmanager,taskmanager)"))
        self._informer.on_change(self._changed)
        self._tasks: set[asyncio.Task[None]] = set()
        self._uids: dict[Key, str] = {}
        self._owners: dict[Key, str] = {}
        self._workers = StandaloneWorkers(self._kube, self.violations)

    async def run(self) -> None:
        """Runs until cancelled."""
        try:
            await self._informer.run()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _changed(self, old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
        deployment = new or old or {}
        if deployment["metadata"]["namespace"] not in self.namespaces:
            return
        if deployment["metadata"]["labels"]["component"] == "taskmanager":
            self._spawn(self._workers.follow(old, new, self.jobmanagers.lingering_seconds))
        elif new is None:
            self._spawn(self._bury(deployment))
        elif self._uids.get(_key(new)) != new["metadata"]["uid"]:
            self._uids[_key(new)] = new["metadata"]["uid"]
            self._workers.expect_none(_key(new))
            self._spawn(self._bring_up(new))

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # the start of a JobManager

    async def _bring_up(self, deployment: dict[str, Any]) -> None:
        key, uid = _key(deployment), deployment["metadata"]["uid"]
        await self._create_pod(deployment)
        conf = await self._configuration(key, uid)
        if conf is None or image_of(deployment) == BROKEN_IMAGE:
            return
        if key in self.jobmanagers.alive:
            self.violations.append(f"{key}: a second JobManager beside a living one")
        job_id = conf.get("$internal.pipeline.job-id")
        jobmanager = (
            JobManager(key, Job(job_id, 0, state="INITIALIZING"), is_ha(conf)) if job_id else a_session_jobmanager(key, is_ha(conf))
        )
        self.jobmanagers.alive[key], self._owners[key] = jobmanager, uid
        if jobmanager.jars is not None:
            self.jobmanagers.ledger.append(Start(key, "", None, 0))
        else:
            jobmanager.job = await self._start_job(key, conf)
        await self._mark_available(deployment)
        if jobmanager.jars is None and jobmanager.job.state == "RUNNING" and self.jobmanagers.alive.get(key) is jobmanager:
            await self.checkpoint(key)

    async def _configuration(self, key: Key, uid: str) -> dict[str, str] | None:
        """A pod waits for its config map, as long as its Deployment is there."""
        while self._uids.get(key) == uid:
            found = await self._kube.get(CONFIG_MAPS, key[0], f"flink-config-{key[1]}")
            if found is not None and _is_owned(found, uid):
                return read_flink_conf_yaml(found["data"]["flink-conf.yaml"])
            await asyncio.sleep(0.01)
        return None

    async def _start_job(self, key: Key, conf: dict[str, str]) -> Job:
        job_id, path = conf["$internal.pipeline.job-id"], conf.get("execution.savepoint.path")
        job = await self._restored(key, job_id, path, is_ha(conf))
        self.jobmanagers.ledger.append(Start(key, job_id, job.restored_from, job.count))
        if is_ha(conf) and job.state == "RUNNING":
            await self._write_metadata(key, job)
        return job

    async def _restored(self, key: Key, job_id: str, path: str | None, ha: bool) -> Job:
        """Checkpoints in the metadata beat the path; a path that does not exist fails the job."""
        checkpoints = await self._metadata_checkpoints(key, job_id) if ha else 0
        if checkpoints:
            return Job(job_id, checkpoints, restored_from="last-state")
        if path is None:
            return Job(job_id, 0)
        if path in self.jobmanagers.savepoints:
            return Job(job_id, self.jobmanagers.savepoints[path], restored_from=path)
        found = _CHECKPOINT.search(path)
        if found and path != LAST_STATE_PATH:
            return Job(job_id, int(found[1]), restored_from=path)
        return Job(job_id, 0, state="FAILED", failure=f"java.io.FileNotFoundException: Cannot find checkpoint or savepoint {path}")

    async def _metadata_checkpoints(self, key: Key, job_id: str) -> int:
        cluster = await self._kube.get(CONFIG_MAPS, key[0], f"{key[1]}-cluster-config-map")
        if cluster is not None and any(name.startswith("jobGraph-") for name in cluster.get("data") or {}):
            self.violations.append(f"{key}: an old job graph was revived")
        found = await self._kube.get(CONFIG_MAPS, key[0], f"{key[1]}-{job_id}-config-map")
        keys = [name for name in (found or {}).get("data") or {} if name.startswith("checkpointID-")]
        return max((int(name.removeprefix("checkpointID-")) for name in keys), default=0)

    # high availability

    async def checkpoint(self, key: Key) -> None:
        """The job of that cluster completes a checkpoint."""
        jobmanager = self.jobmanagers.alive[key]
        jobmanager.job.count += 1
        if jobmanager.ha:
            await self._write_metadata(key, jobmanager.job)

    async def _write_metadata(self, key: Key, job: Job) -> None:
        labels = {**common_labels(key[1]), "configmap-type": "high-availability"}
        data = {"counter": str(job.count + 1), **({f"checkpointID-{job.count:019d}": "handle"} if job.count else {})}
        for name, content in (
            (f"{key[1]}-cluster-config-map", {f"jobGraph-{job.job_id}": "handle"}),
            (f"{key[1]}-{job.job_id}-config-map", data),
        ):
            metadata = {"name": name, "namespace": key[0], "labels": labels}
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": content}
            try:
                await self._kube.create(CONFIG_MAPS, body)
            except AlreadyExists:
                await self._kube.patch(CONFIG_MAPS, key[0], name, {"data": content})

    async def clear_ended(self, key: Key) -> None:
        """A job that has ended removes its metadata, as Flink does."""
        jobmanager = self.jobmanagers.alive.get(key)
        if jobmanager is None or not jobmanager.ha or jobmanager.job.state not in {"FINISHED", "CANCELED", "FAILED"}:
            return
        await self._kube.delete(CONFIG_MAPS, key[0], f"{key[1]}-{jobmanager.job.job_id}-config-map")
        try:
            await self._kube.patch(
                CONFIG_MAPS, key[0], f"{key[1]}-cluster-config-map", {"data": {f"jobGraph-{jobmanager.job.job_id}": None}}
            )
        except NotFound:
            return

    # Kubernetes

    async def _create_pod(self, deployment: dict[str, Any]) -> None:
        try:
            await self._kube.create(PODS, build_pod(deployment))
        except AlreadyExists:
            return
        except FlinkopError as error:
            self.violations.append(f"{_key(deployment)}: pod not created: {error}")

    async def _mark_available(self, deployment: dict[str, Any]) -> None:
        metadata = deployment["metadata"]
        status = {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1, "observedGeneration": 1}
        try:
            await self._kube.patch(DEPLOYMENTS, metadata["namespace"], metadata["name"], {"status": status}, subresource="status")
        except (NotFound, Conflict):
            return

    async def _bury(self, deployment: dict[str, Any]) -> None:
        """The Deployment is gone: a while later its JobManager stops, and then its pod is gone and its property collected."""
        key, uid = _key(deployment), deployment["metadata"]["uid"]
        if self._uids.get(key) == uid:
            del self._uids[key]
        await asyncio.sleep(self.jobmanagers.lingering_seconds)
        if self._owners.get(key) == uid:  # a Deployment that had none may be gone when the JobManager of the next one lives already
            await self.clear_ended(key)
            self.jobmanagers.alive.pop(key, None)
        await self._kube.delete(PODS, key[0], build_pod(deployment)["metadata"]["name"])
        for resource in (CONFIG_MAPS, SERVICES):
            for found in await self._kube.list(resource, key[0], f"app={key[1]}"):
                if _is_owned(found, uid):
                    await self._collect(resource, found["metadata"])

    async def _collect(self, resource: Resource, metadata: dict[str, Any]) -> None:
        """As the garbage collector does, only the version that was seen to have no other owner."""
        with contextlib.suppress(Conflict):
            await self._kube.delete(
                resource, metadata["namespace"], metadata["name"], uid=metadata["uid"], resource_version=metadata["resourceVersion"]
            )


def image_of(deployment: dict[str, Any]) -> str:
    """The image of Flink's container."""
    image: str = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


def _key(obj: dict[str, Any]) -> Key:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]


def _is_owned(obj: dict[str, Any], uid: str) -> bool:
    return any(owner["uid"] == uid for owner in obj["metadata"].get("ownerReferences") or ())
