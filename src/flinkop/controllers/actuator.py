"""The actuator: performs one action. It never decides, and performing an action twice does no more than once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

import structlog

from flinkop.api.flinkdeployment import DeploymentMode
from flinkop.controllers import view
from flinkop.controllers.clusterkind import FLINK_DEPLOYMENT_KIND, ClusterKind
from flinkop.controllers.desire import Wish
from flinkop.controllers.finalizer import set_finalizer
from flinkop.controllers.jobactuator import JobActuator
from flinkop.controllers.observer import BaseUrl
from flinkop.controllers.snapshotresources import SnapshotActuator
from flinkop.controllers.trigger import Key
from flinkop.errors import AlreadyExists, Conflict, NotFound, TerminalError
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS, INGRESSES, resource_of
from flinkop.lifecycle.action import (
    Action,
    AddFinalizer,
    ApplyIngress,
    CancelJob,
    CreateSnapshot,
    DeleteHaMetadata,
    DeleteIngress,
    DeleteJobManager,
    DeleteSnapshot,
    DeleteTaskManagers,
    DisposeSavepoint,
    RemoveFinalizer,
    RemoveJobGraphs,
    Rescale,
    ScaleTaskManagers,
    StartCluster,
    StartSession,
    StartTaskManagers,
    StopWithSavepoint,
    SubmitJob,
    TriggerCheckpoint,
    TriggerSavepoint,
)
from flinkop.lifecycle.restore import RestoreSource
from flinkop.resources.application import build_application, options_of, owned_by_deployment, read_configuration
from flinkop.resources.configuration import LAST_STATE_PATH, DeploymentPlan, with_deployment
from flinkop.resources.ingress import build_ingress
from flinkop.resources.naming import common_labels, config_map_name, selector_of, taskmanager_deployment_name

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Target:
    """What the actions of one pass are performed on. `resource` is replaced by each write to it."""

    key: Key
    resource: Mapping[str, Any]
    wish: Wish


class Actuator:
    """Performs actions against Kubernetes and Flink."""

    def __init__(
        self,
        kube: KubeClient,
        flink: FlinkClient,
        base_url: BaseUrl,
        kind: ClusterKind = FLINK_DEPLOYMENT_KIND,
        selector: str | None = None,
    ) -> None:
        self._kube, self._base_url, self._job, self._kind = kube, base_url, JobActuator(flink), kind
        self._snapshots = SnapshotActuator(kube, selector)

    async def perform(self, action: Action, target: Target) -> str | None:
        """Performs `action`; gives the uid of the Deployment when it is a start.

        Raises:
            TransientError: try again later.
            TerminalError: trying again unchanged will not help.
        """
        match action:
            case AddFinalizer():
                target.resource = await set_finalizer(self._kube, self._kind.endpoint, target.resource, present=True)
            case RemoveFinalizer():
                target.resource = await set_finalizer(self._kube, self._kind.endpoint, target.resource, present=False)
            case StartCluster():
                return await self._start(self._plan_of(action, target), target)
            case StartSession(generation, job_result_store_id):
                return await self._start(self._plan(generation, target, None, None, job_result_store_id), target)
            case DeleteJobManager(uid):
                await self._kube.delete(DEPLOYMENTS, *target.key, uid=uid, propagation="Background")
            case SubmitJob():
                raise AssertionError("jobs are submitted to session clusters only")
            case StartTaskManagers(generation):
                await self._start_taskmanagers(generation, target)
            case ScaleTaskManagers(uid, replicas):
                await self._scale_taskmanagers(uid, replicas, target.key)
            case DeleteTaskManagers(uid):
                await self._kube.delete(DEPLOYMENTS, *_taskmanagers_of(target.key), uid=uid, propagation="Background")
            case CreateSnapshot() | DeleteSnapshot():
                await self._snapshots.perform(action, target.resource)
            case Rescale() | StopWithSavepoint() | TriggerSavepoint() | TriggerCheckpoint() | DisposeSavepoint() | CancelJob():
                await self._job.perform(action, self._base_url(target.key, target.wish.running.rest_port), target.wish.desired.settings)
            case DeleteHaMetadata():
                await self._delete_ha_metadata(target.key)
            case RemoveJobGraphs():
                await self._remove_job_graphs(target.key)
            case ApplyIngress():
                await self._apply_ingress(target)
            case DeleteIngress():
                await self._kube.delete(INGRESSES, *target.key)
            case _:
                assert_never(action)
        return None

    def _plan_of(self, action: StartCluster, target: Target) -> DeploymentPlan:
        is_last_state = action.restore.source is RestoreSource.LAST_STATE
        path = LAST_STATE_PATH if is_last_state else action.restore.path
        return self._plan(action.generation, target, action.job_id, path, action.job_result_store_id)

    def _plan(self, generation: int, target: Target, job_id: str | None, path: str | None, job_result_store_id: str) -> DeploymentPlan:
        return DeploymentPlan(generation, target.wish.uid, job_id, path, job_result_store_id, self._kind.kind)

    async def _apply_ingress(self, target: Target) -> None:
        wish, spec = target.wish, target.wish.spec.ingress
        found = await self._kube.get(INGRESSES, *target.key)
        if found is not None and not view.is_owned_by(wish.uid, found):
            raise IngressExists(f"an Ingress {target.key[1]} exists that does not belong to this resource; delete or rename it")
        if spec is not None:
            await self._kube.apply(INGRESSES, build_ingress(*target.key, spec, wish.running.rest_port, wish.uid, self._kind.kind))

    async def _start(self, plan: DeploymentPlan, target: Target) -> str:
        namespace, name = target.key
        objects = build_application(
            namespace, name, target.wish.spec, with_deployment(target.wish.configuration, plan), **options_of(target.wish.configuration)
        )
        uid = await self._create_deployment(objects.deployment, plan, target.key)
        owned = [owned_by_deployment(dependent, name, uid) for dependent in objects.dependents]
        results = await asyncio.gather(*(self._kube.apply(resource_of(one), one) for one in owned), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        if objects.taskmanagers is not None:
            await self._create_deployment(objects.taskmanagers, plan, _taskmanagers_of(target.key))
        return uid

    async def _start_taskmanagers(self, generation: int, target: Target) -> None:
        """They are told nothing of a start but its generation, and read the configuration that the JobManager was started with."""
        plan = self._plan(generation, target, None, None, "")
        namespace, name = target.key
        running = target.wish.running
        started = await self._configuration_of_start(target.key, running.spec.mode)
        conf = with_deployment(started or running.configuration, plan)
        objects = build_application(namespace, name, running.spec, conf, **options_of(running.configuration))
        if objects.taskmanagers is not None:
            objects.taskmanagers["spec"]["replicas"] = target.wish.desired.taskmanagers
            await self._create_deployment(objects.taskmanagers, plan, _taskmanagers_of(target.key))

    async def _configuration_of_start(self, key: Key, mode: DeploymentMode) -> dict[str, str]:
        """What the config map of the cluster says; empty when it is gone."""
        found = await self._kube.list(CONFIG_MAPS, key[0], label_selector=selector_of(common_labels(key[1], mode)))
        name = config_map_name(key[1])
        return next((read_configuration(one) for one in found if one["metadata"]["name"] == name), {})

    async def _scale_taskmanagers(self, uid: str, replicas: int, key: Key) -> None:
        """With a uid in it, the patch meets that Deployment and no other."""
        with contextlib.suppress(NotFound):  # gone: it is made again
            await self._kube.patch(DEPLOYMENTS, *_taskmanagers_of(key), {"metadata": {"uid": uid}, "spec": {"replicas": replicas}})

    async def _create_deployment(self, body: dict[str, Any], plan: DeploymentPlan, key: Key) -> str:
        try:
            created = await self._kube.create(DEPLOYMENTS, body)
        except AlreadyExists:
            created = await self._existing(plan, key)
        uid: str = created["metadata"]["uid"]
        return uid

    async def _existing(self, plan: DeploymentPlan, key: Key) -> dict[str, Any]:
        """A Deployment that an earlier try of this same start has made; anything else of that name is not touched."""
        found = await self._kube.get(DEPLOYMENTS, *key)
        if found is None or "deletionTimestamp" in found["metadata"]:
            raise Conflict(f"Deployment {key[1]} is still being deleted")
        if not view.is_owned_by(plan.owner_uid, found):
            raise DeploymentExists(f"a Deployment {key[1]} exists that does not belong to this resource; delete or rename it")
        if view.read_jobmanager(found).generation != plan.generation:
            raise Conflict(f"Deployment {key[1]} is that of another generation")
        return found

    async def _ha_config_maps(self, key: Key) -> list[dict[str, Any]]:
        namespace, name = key
        found = await self._kube.list(CONFIG_MAPS, namespace, label_selector=selector_of(common_labels(name)))
        return [config_map for config_map in found if view.is_ha_config_map(name, config_map)]

    async def _delete_ha_metadata(self, key: Key) -> None:
        for config_map in await self._ha_config_maps(key):
            await self._kube.delete(CONFIG_MAPS, key[0], config_map["metadata"]["name"])

    async def _remove_job_graphs(self, key: Key) -> None:
        for config_map in await self._ha_config_maps(key):
            graphs = view.graph_keys(config_map)
            if graphs:
                metadata = {"resourceVersion": config_map["metadata"]["resourceVersion"]}
                patch = {"metadata": metadata, "data": dict.fromkeys(graphs)}
                with contextlib.suppress(NotFound):  # gone with its graphs
                    await self._kube.patch(CONFIG_MAPS, key[0], config_map["metadata"]["name"], patch)


def _taskmanagers_of(key: Key) -> Key:
    """The key of the TaskManager Deployment of a standalone cluster."""
    return key[0], taskmanager_deployment_name(key[1])


class DeploymentExists(TerminalError):
    """A Deployment of the cluster's name belongs to something else."""


class IngressExists(TerminalError):
    """An Ingress of the resource's name belongs to something else."""
