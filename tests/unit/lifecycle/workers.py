"""The TaskManagers of a standalone cluster in the model: a Deployment that outlives that of the JobManager, unless somebody deletes it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.unit.lifecycle.timeline import Time

_EVICTED = 300.0


@dataclass(eq=False)
class WorkerPod:
    """A TaskManager pod. `lost`: its node does not answer."""

    workers: WorkerDeployment
    ready: bool = False
    deleted_at: float | None = None
    lost: bool = False


@dataclass(eq=False)
class WorkerDeployment:
    """`cluster` is the uid of the JobManager Deployment that was there when this one was made."""

    uid: str
    cluster: str | None
    replicas: int


class Workers:
    """`changed` is called when something changes that an informer watches."""

    def __init__(self, rng: random.Random, time: Time, changed: Callable[[], None]) -> None:
        self._rng, self._time, self._changed = rng, time, changed
        self.deployment: WorkerDeployment | None = None
        self.pods: list[WorkerPod] = []
        self._uids = 0

    @property
    def ready(self) -> bool:
        """Whether a job has somewhere to run."""
        return any(pod.ready and not pod.lost for pod in self.pods)

    def strangers_to(self, cluster: str) -> list[WorkerPod]:
        """Those that live and would offer themselves to a JobManager that is not theirs."""
        return [pod for pod in self.pods if not pod.lost and pod.workers.cluster != cluster]

    def create(self, cluster: str | None, replicas: int) -> None:
        """Creates the Deployment; one that exists stays as it is."""
        if self.deployment is None:
            self._uids += 1
            self.deployment = WorkerDeployment(f"workers-{self._uids}", cluster, replicas)
            self._changed()
            self._time.after(0.1, self._follow)

    def scale(self, uid: str, replicas: int) -> None:
        """Has the Deployment of that uid run so many."""
        if self.deployment is not None and self.deployment.uid == uid:
            self.deployment.replicas = replicas
            self._changed()
            self._time.after(0.1, self._follow)

    def delete(self, uid: str) -> None:
        """Deletes the Deployment of that uid; the garbage collector comes to its pods later."""
        if self.deployment is not None and self.deployment.uid == uid:
            self.deployment = None
            self._changed()
            self._time.after(self._rng.uniform(0.0, 1.0), self._follow)

    def lose_node(self) -> None:
        """Nothing is heard of one pod any more."""
        pod = next((pod for pod in self.pods if not pod.lost), None)
        if pod is not None:
            pod.lost = True
            self._time.after(_EVICTED, lambda: self._evict(pod))

    def find_nodes(self) -> None:
        """All nodes are back: what had to end there ends."""
        for pod in [pod for pod in self.pods if pod.lost]:
            pod.lost = False
            if pod.deleted_at is not None:
                self._end(pod)

    def _follow(self) -> None:
        """As many pods as are wanted."""
        wanted = self.deployment
        for pod in [pod for pod in self.pods if pod.workers is not wanted]:
            self._terminate(pod)
        if wanted is None:
            return
        mine = [pod for pod in self.pods if pod.workers is wanted and pod.deleted_at is None]
        for pod in mine[wanted.replicas :]:
            self._terminate(pod)
        for _ in range(wanted.replicas - len(mine)):
            self._start(WorkerPod(wanted))

    def _start(self, pod: WorkerPod) -> None:
        self.pods.append(pod)
        self._changed()
        self._time.after(self._rng.uniform(1.0, 8.0), lambda: setattr(pod, "ready", True))

    def _terminate(self, pod: WorkerPod) -> None:
        if pod.deleted_at is None:
            pod.deleted_at = self._time.now
            self._changed()
            if not pod.lost:
                self._time.after(self._rng.uniform(0.2, 5.0), lambda: self._end(pod))

    def _evict(self, pod: WorkerPod) -> None:
        if pod.lost and pod in self.pods:
            self._terminate(pod)
            self._follow()

    def _end(self, pod: WorkerPod) -> None:
        if pod in self.pods and not pod.lost:
            self.pods.remove(pod)
            self._changed()
