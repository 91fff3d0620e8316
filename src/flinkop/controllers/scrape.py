"""What a scrape reads: the resources, queues and caches of this process. All is asked for from a thread beside the event loop's."""

from __future__ import annotations

from collections.abc import Callable

from flinkop.config import OperatorConfig
from flinkop.controllers.caches import Caches
from flinkop.controllers.routes import Queues
from flinkop.monitoring.collector import CacheState, Settings, Sources
from flinkop.monitoring.reading import Object


def sources_of(caches: Caches, queues: Queues, is_working: Callable[[], bool], config: Callable[[], OperatorConfig]) -> Sources:
    """A standby tells about no resource: each would be counted twice."""

    def resources() -> dict[str, list[Object]]:
        return {cache.informers[0].resource.kind: list(cache.store.objects()) if is_working() else [] for cache in caches.of_resources()}

    def ages() -> dict[str, list[float]]:
        return {queue.name: queue.ages() for queue in queues.all()}

    def states() -> list[CacheState]:
        return [CacheState(found.resource.plural, len(found.store), found.silence, found.synced) for found in caches.informers]

    def settings() -> Settings:
        now = config()
        return Settings(now.resource_metrics_limit, now.resource_metrics, now.established_metric_names)

    return Sources(resources, ages, states, settings)
