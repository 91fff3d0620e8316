"""The resource in the model, and what `controllers.desire` makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from tests.unit.lifecycle.model import overrides_of

from flinkop.flinkconf.schedule import Every, Schedule
from flinkop.lifecycle.desired import Desired, Scaling, Settings
from flinkop.lifecycle.phase import ENDED
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.rollback import in_place_of, stays_rolled_back
from flinkop.lifecycle.specdiff import NO_CHANGE, OVERRIDES, Change, Effect, diff_spec

_OPTION = "kubernetes.operator."


@dataclass
class Resource:
    """The FlinkDeployment as the API server has it."""

    spec: dict[str, Any]
    generation: int = 1
    version: int = 1
    finalizer: bool = False
    deleting: bool = False
    gone: bool = False
    status: dict[str, Any] = field(default_factory=dict)


def desire(resource: Resource, record: Record) -> Desired | None:
    """What `controllers.desire` makes of the resource; None when it never had a valid spec."""
    spec: Mapping[str, Any] = resource.spec
    problems: tuple[str, ...] = ()
    rolled_back = False
    if _is_invalid(spec, record):
        problems = ("spec: is wrong",)
        if record.reconciled is None:
            return None
        spec = record.reconciled
    if record.rollback is not None and (problems or stays_rolled_back(record, spec)):
        spec, rolled_back = in_place_of(record, spec), True
    conf, job = spec["flinkConfiguration"], spec["job"]
    before = record.reconciled
    change = _change(record, spec)
    scaling = _scaling(change, spec, record)
    return Desired(
        generation=resource.generation,
        spec=spec,
        change=change if scaling is not Scaling.NONE else _restarting(change),
        scaling=scaling,
        standalone=spec["mode"] == "standalone",
        taskmanagers=spec["taskManager"]["replicas"],
        parallelism=overrides_of(spec) if scaling is Scaling.REQUIREMENTS else {},
        rolled_back=rolled_back,
        suspended=job["state"] == "suspended",
        upgrade_mode=job["upgradeMode"],
        settings=_settings(tuple(sorted(conf))),
        deleting=resource.deleting,
        has_finalizer=resource.finalizer,
        deployed_high_availability=before is not None and "high-availability.type" in before["flinkConfiguration"],
        version_changed=before is not None and before["flinkVersion"] != spec["flinkVersion"],
        initial_savepoint_path=job["initialSavepointPath"],
        pinned_job_id=conf.get("pinned"),
        problems=problems,
    )


def _is_invalid(spec: Mapping[str, Any], record: Record) -> bool:
    before = record.reconciled
    if spec["image"] == "invalid":
        return True
    return (
        before is not None
        and before["flinkVersion"] != spec["flinkVersion"]
        and before["job"]["state"] == "suspended"
        and before["job"]["upgradeMode"] == "last-state"
    )


def _change(record: Record, spec: Mapping[str, Any]) -> Change:
    if record.reconciled is None:
        return NO_CHANGE if record.start is None else Change(Effect.UPGRADE, ())
    return diff_spec(record.reconciled, spec)


def essence(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What of a spec means a restart, counted here on its own."""
    job, conf = spec["job"], spec["flinkConfiguration"]
    return {
        **{key: spec[key] for key in ("image", "flinkVersion", "restartNonce")},
        **{key: job[key] for key in ("args", "state", "savepointRedeployNonce")},
        **{key: value for key, value in conf.items() if not key.startswith(_OPTION) and key != OVERRIDES},
    }


def _scaling(change: Change, spec: Mapping[str, Any], record: Record) -> Scaling:
    """As `controllers.scaling` does."""
    if change.effect is not Effect.SCALE or record.phase in ENDED:
        return Scaling.NONE
    if spec["mode"] == "standalone":
        return Scaling.REPLICAS if "scheduler-mode" in spec["flinkConfiguration"] else Scaling.NONE
    return Scaling.REQUIREMENTS if "jobmanager.scheduler" in spec["flinkConfiguration"] else Scaling.NONE


def _restarting(change: Change) -> Change:
    return replace(change, effect=Effect.UPGRADE) if change.effect is Effect.SCALE else change


@lru_cache
def _settings(conf: tuple[str, ...]) -> Settings:
    """Of options that are there or not."""
    return Settings(
        high_availability="high-availability.type" in conf,
        savepoint_directory="file:/savepoints",
        savepoint_on_deletion=f"{_OPTION}savepoint-on-deletion" in conf,
        rollback=f"{_OPTION}rollback" in conf,
        restart_failed=f"{_OPTION}restart-failed" in conf,
        health_check=f"{_OPTION}health-check" in conf,
        restarts_threshold=3,
        checkpoint_progress_window=_progress_window(conf),
        recovery=f"{_OPTION}no-recovery" not in conf,
        last_state_fallback=f"{_OPTION}no-fallback" not in conf,
        cancel_for_last_state=f"{_OPTION}cancel" in conf,
        max_checkpoint_age=timedelta(seconds=10) if f"{_OPTION}max-age" in conf else None,
        checkpoint_timeout=timedelta(seconds=120),
        savepoint_schedule=_every(conf, "periodic-savepoints"),
        checkpoint_schedule=_every(conf, "periodic-checkpoints"),
        ignore_pending_savepoint=f"{_OPTION}ignore-pending" in conf,
        savepoint_history_count=1 if f"{_OPTION}few-savepoints" in conf else 10,
        savepoint_history_age=timedelta(seconds=100),
        readiness_timeout=timedelta(seconds=100),
        cleanup_timeout=timedelta(seconds=100),
        cancel_timeout=timedelta(seconds=20),
        shutdown_ttl=timedelta(seconds=100),
        progress_interval=timedelta(seconds=3),
        rest_interval=timedelta(seconds=30),
    )


def _progress_window(conf: tuple[str, ...]) -> timedelta | None:
    return None if f"{_OPTION}no-checkpoints" in conf else timedelta(seconds=120)


def _every(conf: tuple[str, ...], option: str) -> Schedule | None:
    return Every(timedelta(seconds=45)) if f"{_OPTION}{option}" in conf else None
