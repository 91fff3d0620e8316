"""Kinds whose resources are jobs on a session cluster: FlinkSessionJob is the established one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.api.flinksessionjob import FlinkSessionJobSpec, parse_sessionjob_spec
from flinkop.api.kind import FLINK_SESSION_JOB
from flinkop.controllers.servedkind import Around, ServedKind
from flinkop.controllers.sessioncluster import SessionCluster
from flinkop.lifecycle.record import Record

ReadJob = Callable[[Mapping[str, Any], Around, SessionCluster, Record], FlinkSessionJobSpec]
"""A resource, what is read together with it, its cluster and what is recorded, to what it means. Raises InvalidSpec."""


def read_session_job(resource: Mapping[str, Any], _around: Around, _cluster: SessionCluster, _record: Record) -> FlinkSessionJobSpec:
    """A FlinkSessionJob means what it says."""
    return parse_sessionjob_spec(resource.get("spec") or {})


def cluster_name_of(resource: Mapping[str, Any]) -> str | None:
    """The session cluster that a FlinkSessionJob names, however wrong the rest of it is."""
    name = (resource.get("spec") or {}).get("deploymentName")
    return name if isinstance(name, str) and name else None


@dataclass(frozen=True, slots=True)
class JobKind(ServedKind):
    """A kind that the pass of session jobs serves. Whatever it is written in, it is recorded in the form of a FlinkSessionJob.

    `waits_for_slots`: nothing is submitted before there is room for it on the cluster.
    """

    read: ReadJob = read_session_job
    cluster_name: Callable[[Mapping[str, Any]], str | None] = cluster_name_of
    waits_for_slots: bool = False


def name_of_cluster(kind: JobKind, resource: Mapping[str, Any], record: Record) -> str:
    """That of the job that runs, whatever a newer spec says: it may not change. Empty when none is named."""
    recorded = (record.reconciled or {}).get("deploymentName")
    return recorded if isinstance(recorded, str) else kind.cluster_name(resource) or ""


FLINK_SESSION_JOB_KIND = JobKind(FLINK_SESSION_JOB)
