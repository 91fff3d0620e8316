"""The pass of a FlinkApplication: that of a session job where it runs on a FlinkCluster, else that of a cluster."""

from __future__ import annotations

from flinkop.controllers.flinkdeployment import FlinkDeploymentController
from flinkop.controllers.flinksessionjob import FlinkSessionJobController
from flinkop.controllers.jobplace import has_own_cluster
from flinkop.controllers.observer import ObjectStore
from flinkop.controllers.trigger import Key
from flinkop.runtime.controller import Outcome


class FlinkApplicationController:
    """Sends each key to one of two passes."""

    def __init__(self, store: ObjectStore, alone: FlinkDeploymentController, on_cluster: FlinkSessionJobController) -> None:
        self._store, self._alone, self._on_cluster = store, alone, on_cluster

    async def reconcile(self, key: Key) -> Outcome:
        """One pass for one key.

        Raises:
            TransientError: something did not answer; the key is tried again with back-off.
        """
        resource = self._store.get(key)
        if resource is None or has_own_cluster(resource):
            self._on_cluster.forget(key)
            return await self._alone.reconcile(key)
        self._alone.forget(key)
        return await self._on_cluster.reconcile(key)
