"""The composition root: builds clients, informers, controller and elector, runs them, and ends them in order."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from flinkop import __version__, health
from flinkop.artifact.policy import read_policy
from flinkop.artifact.store import ArtifactStore
from flinkop.artifact.upload import JarUploads
from flinkop.clock import Clock, SystemClock
from flinkop.config import OperatorConfig
from flinkop.configreload import LiveConfig
from flinkop.controllers.caches import Caches
from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.controllers.jarsupply import JarSupply
from flinkop.controllers.observer import BaseUrl
from flinkop.controllers.passes import Pass, Passes, Tools
from flinkop.controllers.routes import Queues, Routes
from flinkop.controllers.scrape import sources_of
from flinkop.controllers.trigger import Key
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.kube.connection import find_connection
from flinkop.metrics import BUILD, observe_flink_request
from flinkop.monitoring.exposition import Exposition
from flinkop.runtime.backoff import Backoff, BackoffSettings
from flinkop.runtime.controller import Controller
from flinkop.runtime.leaderelection import ElectionSettings, LeaderElector

_log = structlog.get_logger(__name__)
_FEWEST_WORKERS = 1000
_SYNC_SECONDS = 120.0
_STALE_WATCH_SECONDS = 300.0
_SWEEP_SECONDS = 60.0


def rest_service_url(key: Key, port: int) -> str:
    """The base URL of a JobManager as pods reach it."""
    namespace, name = key
    return f"http://{name}-rest.{namespace}.svc:{port}"


def make_flink_client(config: OperatorConfig) -> FlinkClient:
    """The client of JobManagers, with metrics."""
    return FlinkClient(config.flink_client_timeout.total_seconds(), observe_flink_request)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What differs between a pod, a test and a developer's machine."""

    kubeconfig: Path | None = None
    metrics_port: int | None = None
    base_url: BaseUrl = rest_service_url
    make_flink: Callable[[OperatorConfig], FlinkClient] = make_flink_client
    reload: Callable[[], OperatorConfig] | None = None
    clock: Clock = field(default_factory=SystemClock)


class Manager:
    """One operator process. `run` ends after SIGTERM or SIGINT, in order; a lost lease ends the process on the spot."""

    def __init__(self, config: OperatorConfig, kube: KubeClient, surroundings: Surroundings) -> None:
        self._config, self._kube, self._surroundings = config, kube, surroundings
        self._live_config = LiveConfig(config, surroundings.reload or (lambda: config))
        self._clock = surroundings.clock
        self._stopping = asyncio.Event()
        self._flink = surroundings.make_flink(config)
        self._events = EventRecorder(kube, self._clock, config.pod_name)
        self._caches, self._queues = Caches(kube, config), Queues()
        self._routes = Routes(self._caches, self._queues)
        self._elector = self._elect()
        self._is_working = False

    async def run(self) -> None:
        """Runs the operator."""
        self._stop_on_signals()
        endpoints = health.Endpoints(self._live(), self._unready, self._exposition().text)
        port = self._config.health_probe_port if self._config.health_probe else None
        self._artifacts = ArtifactStore(read_policy(self._config), self._clock)
        self._uploads = JarUploads(self._flink, self._clock, self._config.job_submission_timeout.total_seconds())
        for work in (self._artifacts, self._uploads):
            work.on_change(self._routes.jar_came)
        async with health.serve(endpoints, port, self._surroundings.metrics_port):
            background = [asyncio.create_task(informer.run()) for informer in self._caches.informers]
            background.append(asyncio.create_task(self._live_config.run(self._routes.look_at_all)))
            lead = asyncio.create_task(self._lead())
            try:
                await _first_of(self._stopping.wait(), lead, *background)
                await self._stop(lead)
            finally:
                await _end(lead, *background)
                await self._events.close()
                await self._artifacts.close()
                await self._uploads.close()
                await self._flink.close()
        _log.info("stopped")

    def stop(self) -> None:
        """Has `run` end in order."""
        self._stopping.set()

    async def _lead(self) -> None:
        """Waits for the caches and the lease, then works until the queue is shut down."""
        for informer in self._caches.informers:
            await informer.wait_until_synced(_SYNC_SECONDS)
        _log.info("caches filled", **self._caches.sizes())
        if self._elector is None:
            await self._work()
            return
        elected = asyncio.Event()
        self._elector.on_started(elected.set)
        keeping = asyncio.create_task(self._elector.run())
        try:
            await _first_of(elected.wait(), keeping)
            await _first_of(self._work(), keeping)
        finally:
            await _end(keeping)

    async def _work(self) -> None:
        self._is_working = True
        jars = JarSupply(self._artifacts, self._uploads)
        tools = Tools(self._kube, self._flink, self._events, self._clock, self._live_config, self._surroundings.base_url, jars)
        controllers = [self._controller(one) for one in Passes(self._caches, self._queues, tools).all()]
        async with asyncio.TaskGroup() as group:
            sweeping = group.create_task(_sweep(jars))
            await _all_of(*(controller.run() for controller in controllers))
            sweeping.cancel()

    def _controller(self, one: Pass) -> Controller[Key]:
        return Controller(one.name, one.queue, one.reconcile, self._workers(), Backoff(BackoffSettings(), random.random))

    def _workers(self) -> int:
        """A worker that waits for a JobManager which hangs costs next to nothing, if there are enough others: requests to the API server
        have a bound of their own."""
        return max(self._config.reconcile_parallelism, _FEWEST_WORKERS)

    async def _stop(self, lead: asyncio.Task[None]) -> None:
        """Passes that are under way end first, those that take too long are cut off; the lease is released when none is left that could
        act, and only then the connections close. A standby has no passes to wait for."""
        _log.info("stopping")
        for queue in self._queues.all():
            queue.shut_down()
        if self._is_working:
            await asyncio.wait([lead], timeout=self._config.termination_timeout.total_seconds())
        await _end(lead)
        await self._events.flush(2.0)
        if self._elector is not None:
            await self._elector.release()

    def _elect(self) -> LeaderElector | None:
        config = self._config
        if not config.leader_election:
            return None
        settings = ElectionSettings(
            config.lease_duration.total_seconds(), config.renew_deadline.total_seconds(), config.retry_period.total_seconds()
        )
        name = config.lease_name or config.operator_name
        return LeaderElector(self._kube, config.operator_namespace, name, config.pod_name, settings, self._clock, _end_process)

    def _exposition(self) -> Exposition:
        BUILD.labels(__version__).set(1)
        return Exposition(sources_of(self._caches, self._queues, lambda: self._is_working, lambda: self._live_config.current))

    def _live(self) -> health.Check:
        return health.Lasting(self._unhealthy_watch, _STALE_WATCH_SECONDS, self._clock.monotonic)

    def _unhealthy_watch(self) -> str | None:
        silent = [informer.resource.plural for informer in self._caches.informers if not informer.healthy]
        return f"no word from the API server about {', '.join(silent)}" if silent else None

    def _unready(self) -> str | None:
        missing = [informer.resource.plural for informer in self._caches.informers if not informer.synced]
        return f"not listed yet: {', '.join(missing)}" if missing else None

    def _stop_on_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)


async def _first_of(*awaitables: Coroutine[Any, Any, Any] | asyncio.Task[Any]) -> None:
    """Waits for the first to end; an error of it is raised here. Of the others, coroutines are ended too, and tasks go on."""
    tasks = [asyncio.ensure_future(one) for one in awaitables]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _end(*(task for task in tasks if task not in awaitables))
    for task in done:
        task.result()


async def _all_of(*awaitables: Coroutine[Any, Any, Any]) -> None:
    """Waits for all to end; an error of one ends the others."""
    async with asyncio.TaskGroup() as group:
        for one in awaitables:
            group.create_task(one)


async def _sweep(jars: JarSupply) -> None:
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        jars.sweep()


async def _end(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _end_process() -> None:
    """Somebody else may be acting already: nothing more must be sent, not even what would be orderly."""
    os._exit(1)


async def run(config: OperatorConfig, surroundings: Surroundings | None = None) -> None:
    """Runs the operator until it is told to stop.

    Raises:
        FlinkopError: it cannot start.
    """
    surroundings = surroundings or Surroundings()
    for warning in config.warnings:
        _log.warning("configuration", problem=warning)
    kube = KubeClient(await find_connection(surroundings.kubeconfig), f"flinkop/{config.pod_name}")
    try:
        await Manager(config, kube, surroundings).run()
    finally:
        await kube.close()
