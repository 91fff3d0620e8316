"""The state of all resources and caches as metrics, made when somebody asks: between two questions it costs nothing.

The series of a resource end with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from flinkop import metrics
from flinkop.metrics import Family
from flinkop.monitoring import established
from flinkop.monitoring.lastsnapshots import Newest, newer_than_own, newest_of
from flinkop.monitoring.oncemade import OnceMade
from flinkop.monitoring.reading import Object, Reading, read
from flinkop.monitoring.resourcelines import FAMILIES, line_of, lines_of
from flinkop.monitoring.text import head, labels_text, render


@dataclass(frozen=True, slots=True)
class Settings:
    """`limit` is how many resources have series of their own; `established` adds the names that the established operator's metrics have."""

    limit: int = 5000
    of_resources: bool = True
    established: bool = False


@dataclass(frozen=True, slots=True)
class CacheState:
    """One informer. `silence` in seconds."""

    resource: str
    objects: int
    silence: float
    synced: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the values come from. All are asked from a thread that is not the event loop's: they copy what they give in one go.

    `resources` are the objects by kind; empty on a replica that stands by, for whoever acts tells about them. `queues` are the ages of the
    passes under way, in seconds, by the queue's name.
    """

    resources: Callable[[], Mapping[str, Sequence[Object]]]
    queues: Callable[[], Mapping[str, Sequence[float]]]
    caches: Callable[[], Sequence[CacheState]]
    settings: Callable[[], Settings]


class Collector:
    """Remembers what it made of each version of a resource: at rest a scrape reads nothing anew. For one thread at a time.

    `breathe` is called while much has to be made.
    """

    def __init__(self, sources: Sources, breathe: Callable[[], None] = lambda: None) -> None:
        self._sources, self._breathe = sources, breathe
        self._readings: dict[str, OnceMade[Object, Reading]] = {}
        self._lines = OnceMade(lines_of, breathe)

    def collect(self) -> Iterator[str]:
        """All families in Prometheus' text format, one after the other."""
        yield from _of_queues(self._sources.queues())
        yield from _of_caches(self._sources.caches())
        settings = self._sources.settings()
        readings = {kind: self._read(kind, objects) for kind, objects in self._sources.resources().items()}
        shown = shares(settings.limit if settings.of_resources else 0, {kind: len(found) for kind, found in readings.items()})
        yield from _totals(readings, shown)
        if settings.of_resources:
            newest = newest_of(readings.get("FlinkStateSnapshot", ()))
            yield from self._of_resources([reading for kind, found in readings.items() for reading in _first(found, shown[kind])], newest)
        if settings.established:
            yield from (render(family, samples) for family, samples in established.families(readings))

    def _read(self, kind: str, objects: Sequence[Object]) -> list[Reading]:
        if kind not in self._readings:
            self._readings[kind] = OnceMade(partial(read, kind), self._breathe)
        return self._readings[kind].of(objects)

    def _of_resources(self, readings: Sequence[Reading], newest: Newest) -> Iterator[str]:
        lines = self._lines.of(readings)
        for place, family in enumerate(FAMILIES):
            own = [of_one[place] for of_one in lines]
            yield head(family) + "".join(_with_newer(family, readings, own, newest) if newest.get(family) else own)


def _with_newer(family: Family, readings: Sequence[Reading], own: Sequence[str], newest: Newest) -> Iterator[str]:
    """The lines of the family, where a snapshot that is a resource is newer with its time: those are not kept, they depend on two."""
    for reading, line in zip(readings, own, strict=True):
        newer = newer_than_own(family, reading, newest)
        yield line if newer is None else line_of(family, reading, newer)


def shares(limit: int, counts: Mapping[str, int]) -> dict[str, int]:
    """How many of each kind may have series: the rarer a kind, the less it has to give way to the others."""
    left, given = max(0, limit), {}
    for place, (kind, count) in enumerate(sorted(counts.items(), key=lambda item: item[1])):
        given[kind] = min(count, left // (len(counts) - place))
        left -= given[kind]
    return given


def _first(found: Sequence[Reading], count: int) -> Sequence[Reading]:
    """Which they are does not change as long as none comes or goes: by name, not by luck."""
    return found if len(found) <= count else sorted(found, key=lambda reading: (reading.namespace, reading.name))[:count]


def _of_queues(queues: Mapping[str, Sequence[float]]) -> Iterator[str]:
    yield _render(metrics.UNFINISHED, (((name,), sum(ages)) for name, ages in queues.items()))
    yield _render(metrics.LONGEST, (((name,), max(ages, default=0.0)) for name, ages in queues.items()))


def _of_caches(caches: Sequence[CacheState]) -> Iterator[str]:
    """One sample for each resource, whatever the number of namespaces that are watched."""
    of: dict[str, list[CacheState]] = {}
    for cache in caches:
        of.setdefault(cache.resource, []).append(cache)
    yield _render(metrics.CACHED, (((name,), sum(cache.objects for cache in found)) for name, found in of.items()))
    yield _render(metrics.SILENCE, (((name,), max(cache.silence for cache in found)) for name, found in of.items()))
    yield _render(metrics.SYNCED, (((name,), all(cache.synced for cache in found)) for name, found in of.items()))


def _totals(readings: Mapping[str, Sequence[Reading]], shown: Mapping[str, int]) -> Iterator[str]:
    every = [reading for found in readings.values() for reading in found]
    yield _render(metrics.RESOURCES, _counted((reading.kind, reading.phase) for reading in every))
    yield _render(metrics.JOBS, _counted((reading.kind, reading.job_state) for reading in every if reading.job_state is not None))
    true = ((reading.kind, name) for reading in every for name, status in reading.conditions.items() if status)
    yield _render(metrics.CONDITIONS, _counted(true))
    yield _render(metrics.LEFT_OUT, (((kind,), len(found) - shown[kind]) for kind, found in readings.items()))


def _counted(labels: Iterable[tuple[str, ...]]) -> Iterable[tuple[tuple[str, ...], float]]:
    return sorted(Counter(labels).items())


def _render(family: Family, values: Iterable[tuple[Sequence[str], float]]) -> str:
    return render(family, ((labels_text(family.labels, labels), float(value)) for labels, value in values))
