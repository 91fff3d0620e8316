"""How the established operator goes on from a status that it finds: a small reader with its rules.

Source: sections 2.2 (lifecycle), 2.4 (state machine), 2.6 (upgrade mode) and 2.10 (recovery) of its feature census.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TERMINAL = ("FAILED", "CANCELED", "FINISHED")
_IGNORED = ("upgradeMode", "allowNonRestoredState", "initialSavepointPath", "savepointTriggerNonce", "checkpointTriggerNonce")
_DUMMY = "KUBERNETES_OPERATOR_LAST_STATE"
_MANUAL = ("Manual restore required.", "HA metadata is not available")

NOTHING = "nothing"
REFUSES = "refuses: manual restore required"
EMPTY = "starts from empty state"
FIRST = "starts as new"
LAST_STATE = "starts from the metadata"
STOPS = "stops the job and keeps its state"
WAITS = "waits"
FOLLOWS = "follows the cluster that is there"


@dataclass(frozen=True)
class World:
    """What it sees beside the status. `deployment` is the generation on the JobManager Deployment; None: there is none."""

    deployment: int | None = None
    metadata: bool = False
    job_runs: bool = False


class EstablishedOperator:
    """Reads one status."""

    def __init__(self, status: Mapping[str, Any]) -> None:
        reconciliation, job = status.get("reconciliationStatus") or {}, status.get("jobStatus") or {}
        text = reconciliation.get("lastReconciledSpec")
        content = json.loads(text) if text else {"spec": None, "resource_metadata": {}}
        self.spec, self.meta = content["spec"], content["resource_metadata"]
        self.stable = json.loads(reconciliation["lastStableSpec"])["spec"] if "lastStableSpec" in reconciliation else None
        self.state = reconciliation.get("state", "UPGRADING")
        self.jobmanager = status.get("jobManagerDeploymentStatus", "MISSING")
        self.job_state, self.path = job.get("state"), job.get("upgradeSavepointPath")
        self.generation = status.get("observedGeneration")
        self.error = status.get("error") or ""
        self.is_deleted = status.get("lifecycleState") in {"DELETING", "DELETED"}

    @property
    def is_suspended(self) -> bool:
        """Whether it takes the job for stopped."""
        return bool(self.spec and self.spec["job"]["state"] == "suspended")

    def lifecycle(self) -> str:
        """`lifecycleState`, by the table of section 2.2."""
        rules = (
            (self.is_deleted, "DELETING"),
            (self.spec is None, "FAILED" if self.error else "CREATED"),
            (self.state in {"UPGRADING", "ROLLING_BACK"}, self.state),
            (self.is_suspended, "SUSPENDED"),
            (self.job_state == "FAILED", "FAILED"),
            (self.jobmanager in {"MISSING", "ERROR"} and any(words in self.error for words in _MANUAL), "FAILED"),
            (self.state == "ROLLED_BACK", "ROLLED_BACK"),
            (self.spec == self.stable, "STABLE"),
        )
        return next((word for holds, word in rules if holds), "DEPLOYED")

    def next_action(self, wanted: Mapping[str, Any], world: World) -> str:
        """What it does next with the resource's spec and the world as they are."""
        if self.spec is None:
            return NOTHING if wanted["job"]["state"] == "suspended" else FIRST
        if self.state == "UPGRADING":
            if world.deployment is not None and world.deployment == self.generation:
                return FOLLOWS
            if self.meta["firstDeployment"] and world.deployment is None:
                return FIRST
        if self.state == "ROLLING_BACK":
            return EMPTY if self.stable["job"]["upgradeMode"] == "stateless" else self._from_metadata(world)
        if self.is_suspended:
            return NOTHING if wanted["job"]["state"] == "suspended" else self._restore(wanted, world)
        return self._upgrade(wanted, world) if self._is_changed(wanted) else self._recover(world)

    def _is_changed(self, wanted: Mapping[str, Any]) -> bool:
        return _significant(self.spec) != _significant(wanted)

    def _restore(self, wanted: Mapping[str, Any], world: World) -> str:
        """The recorded mode is inherited unless the spec gives the state up."""
        mode = "stateless" if wanted["job"]["upgradeMode"] == "stateless" else self.spec["job"]["upgradeMode"]
        if mode == "savepoint":
            return self._from_path()
        return EMPTY if mode == "stateless" else self._from_metadata(world)

    def _from_path(self) -> str:
        if self.path == _DUMMY:
            return REFUSES
        return f"starts from {self.path}" if self.path else EMPTY

    def _from_metadata(self, world: World) -> str:
        return LAST_STATE if world.metadata else REFUSES

    def _upgrade(self, wanted: Mapping[str, Any], world: World) -> str:
        if wanted["job"]["upgradeMode"] == "stateless":
            return EMPTY
        if self.job_state in _TERMINAL and not world.job_runs and (world.deployment is not None or not world.metadata):
            return self._from_path()
        if world.deployment is not None and world.job_runs:
            return STOPS
        if world.metadata:
            return LAST_STATE
        return REFUSES if world.deployment is None else WAITS

    def _recover(self, world: World) -> str:
        """A JobManager that is gone is deployed again where that is safe, unless its job has ended."""
        if world.deployment is not None or self.job_state in _TERMINAL:
            return NOTHING
        return EMPTY if self.spec["job"]["upgradeMode"] == "stateless" else self._from_metadata(world)


def _significant(spec: Mapping[str, Any]) -> dict[str, Any]:
    job = {field: value for field, value in spec["job"].items() if field not in _IGNORED}
    return {**spec, "job": job}
