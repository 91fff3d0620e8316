"""What people want of a job: its first spec and their edits, mostly about one theme."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from flinkop.lifecycle.specdiff import OVERRIDES

GIVEN = "file:/savepoints/savepoint-given"
"""A savepoint that was there before the job."""

_OPTIONS = (
    "savepoint-on-deletion",
    "no-recovery",
    "no-fallback",
    "cancel",
    "max-age",
    "few-savepoints",
    "ignore-pending",
    "no-checkpoints",
    "rollback",
    "restart-failed",
    "health-check",
)
PERIODIC = ("periodic-savepoints", "periodic-checkpoints")
_CHANGED = ("no-recovery", "cancel", *PERIODIC)
# Then metadata may lead to an old savepoint for ever.
_SAVEPOINTS_ONLY = ("no-checkpoints", "periodic-savepoints", "few-savepoints")
_EDITS = (
    *("args", "args", "args", "mode", "mode", "state", "state", "nonce", "redeploy", "conf", "image", "throws", "version"),
    *("savepoint", "checkpoint", "scale", "scale"),
)


@dataclass(frozen=True)
class Theme:
    """What a life is mostly about, so that what needs several things to come together happens often. Empty: anything."""

    options: tuple[str, ...] = ()
    edits: tuple[str, ...] = _EDITS
    faults: tuple[str, ...] = ()
    troubles: tuple[float, ...] = (120.0, 600.0, 1800.0)


_ANYTHING = Theme(troubles=(30.0, 120.0, 600.0, 1800.0))
THEMES = (
    *(_ANYTHING, _ANYTHING, _ANYTHING),
    Theme(("rollback",), ("broken", "broken", "throws", "args", "scale", "mode"), troubles=(600.0, 1800.0)),
    Theme(("rollback",), ("broken", "broken", "mode", "scale", "savepoint", "state"), ("rest hangs",), troubles=(600.0, 1800.0)),
    Theme(("rollback",), ("broken", "throws", "brief", "args", "redeploy", "nonce", "mode", "state", "image"), troubles=(1800.0, 3600.0)),
    Theme(("restart-failed",), faults=("job fails", "job fails", "jobmanager dies", "metadata lost", "rest hangs")),
    Theme(
        ("health-check",),
        ("args", "mode", "savepoint", "scale"),
        ("job flaps", "job flaps", "checkpoints stall", "checkpoints stall", "jobmanager dies", "rest hangs", "metadata lost"),
    ),
    Theme(
        (),
        ("scale", "scale", "scale", "scale", "args", "savepoint", "mode", "broken"),
        (
            *("rescaling refused", "rescaling refused", "rescaling refused", "savepoints fail", "savepoints are slow"),
            *("taskmanagers deleted", "taskmanager lost", "deployment deleted", "node lost", "job restarts", "jobmanager dies"),
        ),
    ),
)


class People:
    """They know what is in `storage`."""

    def __init__(self, rng: random.Random, storage: dict[str, int]) -> None:
        self._rng, self._storage = rng, storage
        self.theme = rng.choice(THEMES)
        self._number = 0

    def first_spec(self) -> dict[str, Any]:
        rng = self._rng
        conf = {}
        if rng.random() < 0.7:
            conf["high-availability.type"] = "kubernetes"
        if rng.random() < 0.15:
            conf["pinned"] = "f" * 32
        for option in (*_OPTIONS, *PERIODIC):
            if rng.random() < 0.15:
                conf[f"kubernetes.operator.{option}"] = "true"
        conf |= {f"kubernetes.operator.{option}": "true" for option in self.theme.options}
        if rng.random() < 0.1:
            conf |= {f"kubernetes.operator.{option}": "true" for option in _SAVEPOINTS_ONLY}
        standalone = rng.random() < 0.3
        if rng.random() < 0.7:
            conf |= {"scheduler-mode": "reactive"} if standalone else {"jobmanager.scheduler": "adaptive"}
        self._storage[GIVEN] = rng.randint(1, 50)
        return {
            "image": "good",
            "flinkVersion": "v1_20",
            "flinkConfiguration": conf,
            "restartNonce": None,
            "mode": "standalone" if standalone else "native",
            "taskManager": {"replicas": rng.randint(1, 3)},
            "job": {
                "args": ["0"],
                "state": "suspended" if rng.random() < 0.05 else "running",
                "upgradeMode": self._a_mode(),
                "initialSavepointPath": GIVEN if rng.random() < 0.2 else None,
                "savepointRedeployNonce": None,
                "savepointTriggerNonce": None,
                "checkpointTriggerNonce": None,
            },
        }

    def _a_mode(self) -> str:
        return self._rng.choice(("savepoint", "savepoint", "last-state", "last-state", "last-state", "stateless"))

    def edit(self, spec: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """Another spec, and the last of the edits that made it."""
        job, name = spec["job"], ""
        for _ in range(self._rng.choice((1, 1, 1, 2, 3))):
            self._number += 1
            name = self._rng.choice(self.theme.edits)
            spec, job = self._changed(name, spec, job)
        return {**spec, "job": job}, name

    def _changed(self, name: str, spec: dict[str, Any], job: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        match name:
            case "args":
                job = {**job, "args": [str(self._number)]}
            case "throws" | "brief":
                job = {**job, "args": [name, str(self._number)]}
            case "mode":
                job = {**job, "upgradeMode": self._a_mode()}
            case "state":
                job = {**job, "state": "running" if job["state"] == "suspended" else "suspended"}
            case "nonce":
                spec = {**spec, "restartNonce": self._number}
            case "savepoint" | "checkpoint":
                job = {**job, f"{name}TriggerNonce": self._number}
            case "redeploy":
                paths = sorted(path for path in self._storage if "savepoint" in path)
                job = {**job, "savepointRedeployNonce": self._number, "initialSavepointPath": self._rng.choice(paths)}
            case "conf":
                key = self._rng.choice(("high-availability.type", *(f"kubernetes.operator.{name}" for name in _CHANGED)))
                conf = dict(spec["flinkConfiguration"])
                if conf.pop(key, None) is None:
                    conf[key] = "kubernetes"
                spec = {**spec, "flinkConfiguration": conf}
            case "version":
                spec = {**spec, "flinkVersion": self._rng.choice(("v1_20", "v2_0"))}
            case "scale":
                spec = self._scaled(spec)
            case "broken":
                spec = {**spec, "image": "broken"}
            case "image":
                spec = {**spec, "image": self._rng.choice(("good", "broken", "invalid", "invalid"))}
        return spec, job

    def _scaled(self, spec: dict[str, Any]) -> dict[str, Any]:
        number = self._rng.randint(1, 5)
        if spec["mode"] == "standalone":
            return {**spec, "taskManager": {"replicas": number}}
        return {**spec, "flinkConfiguration": {**spec["flinkConfiguration"], OVERRIDES: f"a:{number}"}}
