"""What a pass of a session job sees, beside what it sees of any job: the cluster that it runs on, and its jar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from flinkop.lifecycle.observed import Answered, Observed


class ClusterState(Enum):
    """Whether jobs can be submitted to a cluster. NOT_SESSION: it is the cluster of one application."""

    MISSING = auto()
    NOT_SESSION = auto()
    DELETING = auto()
    NOT_READY = auto()
    READY = auto()


@dataclass(frozen=True, slots=True)
class Cluster:
    """The session cluster that a job names. `message` is a sentence about it. `serves`: it has a JobManager that can be asked.

    `leaves`: it is about to be deployed anew, and nothing would keep the state of its jobs.
    """

    state: ClusterState = ClusterState.MISSING
    message: str = ""
    serves: bool = False
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class JarPending:
    """The jar is on its way to the JobManager."""

    why: str


@dataclass(frozen=True, slots=True)
class JarReady:
    """The JobManager has the jar under this id."""

    jar_id: str


@dataclass(frozen=True, slots=True)
class JarFailed:
    """The jar cannot be had; it is tried again."""

    cause: str


@dataclass(frozen=True, slots=True)
class Room:
    """How many slots a job needs, and how many of all are free for it."""

    needed: int
    free: int
    total: int

    @property
    def is_enough(self) -> bool:
        """Whether the job would get its slots."""
        return self.free >= self.needed


Jar = JarPending | JarReady | JarFailed


@dataclass(frozen=True, slots=True)
class SessionObserved(Observed):
    """One look. `jar` is None when it was not asked for; `strays` are given-up jobs of the resource that run all the same.

    `room` is None when it was not asked for, or does not matter: jobs are submitted, and wait for slots in Flink.
    `not_submitted`: the JobManager has said that the last submission was none.

    `jobmanager_since` is when the container began in which the JobManager that answers runs; None when that was not asked, or is not known.
    """

    cluster: Cluster = Cluster()
    jar: Jar | None = None
    strays: tuple[str, ...] = ()
    room: Room | None = None
    not_submitted: bool = False
    jobmanager_since: datetime | None = None

    @property
    def takes_jobs(self) -> bool:
        """Whether a job can be submitted to the cluster."""
        return self.cluster.state is ClusterState.READY and isinstance(self.rest, Answered)

    @property
    def has_room(self) -> bool:
        """Whether nothing is known that would keep the job from getting its slots."""
        return self.room is None or self.room.is_enough

    @property
    def answers(self) -> bool:
        """Whether the JobManager of the cluster has said something about the job."""
        return self.cluster.serves and isinstance(self.rest, Answered)

    @property
    def is_silent(self) -> bool:
        """Whether there is a JobManager that says nothing: one that has just started, and may bring back jobs that have stopped."""
        return self.cluster.serves and not isinstance(self.rest, Answered)

    @property
    def has_no_cluster(self) -> bool:
        """There is no cluster that could run the job."""
        return self.cluster.state in {ClusterState.MISSING, ClusterState.NOT_SESSION}
