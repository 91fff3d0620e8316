"""What the established operator has to read in the status so that it goes on with the job's newest state, wherever this one was stopped.

It takes that from three fields: the job's state and its upgrade mode in `lastReconciledSpec`, and `upgradeSavepointPath`. Where these have
to say something else than this operator has recorded, its own values stand in `status.handover`.

Source: official operator, state machine (section 2.4 of its feature census) and choice of the upgrade mode (2.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.lifecycle.observed import TERMINAL, JobState
from flinkop.lifecycle.phase import ENDED, Phase
from flinkop.lifecycle.record import JobManagerStatus, Record
from flinkop.lifecycle.restore import RestoreSource
from flinkop.lifecycle.step import TearingDown

IN_METADATA = "KUBERNETES_OPERATOR_LAST_STATE"
"""What stands for a path when the state is in the high-availability metadata: a job that has ended is then not started by itself."""

_MODES: Mapping[RestoreSource, str] = {
    RestoreSource.EMPTY: "stateless",
    RestoreSource.SAVEPOINT: "savepoint",
    RestoreSource.CHECKPOINT: "savepoint",
    RestoreSource.LAST_STATE: "last-state",
}


@dataclass(frozen=True, slots=True)
class Handover:
    """Three fields as the established operator should read them; `job_state` and `upgrade_mode` are of `lastReconciledSpec`."""

    job_state: str | None
    upgrade_mode: str | None
    path: str | None


def taken_up(record: Record) -> Mapping[str, Any] | None:
    """The spec of `lastReconciledSpec`: one that was rolled back stays there, so that it is not tried again."""
    return record.rollback.rejected if record.rollback is not None else record.reconciled


def recorded(record: Record) -> Handover:
    """The three fields as this operator has recorded them."""
    job = (taken_up(record) or {}).get("job") or {}
    return Handover(job.get("state"), job.get("upgradeMode"), record.savepoint_path)


def hand_over(record: Record) -> Handover:
    """The three fields as the status has to say them."""
    own = recorded(record)
    if own.job_state is None:
        return own
    mode, path = _resumed_from(record)
    if is_stopped(record):
        return Handover("suspended", mode, path)
    if record.phase in ENDED and record.job.state in TERMINAL:
        return Handover(own.job_state, own.upgrade_mode, IN_METADATA if mode == "last-state" else path)
    return own


def is_stopped(record: Record) -> bool:
    """Whether nothing runs, so that the next start is what comes next. A cluster that may run is looked at first."""
    if ((record.reconciled or {}).get("job") or {}).get("state") == "suspended":
        return True
    return is_between(record)


def is_between(record: Record) -> bool:
    """Whether a start is on its way, and what it restores is known from the record alone."""
    if record.phase is Phase.UPGRADING:
        ended = record.job.state in TERMINAL or record.jobmanager is JobManagerStatus.MISSING
        return record.step is None or (isinstance(record.step, TearingDown) and ended)
    return _starts_from_a_path_although_stateless(record)


def _starts_from_a_path_although_stateless(record: Record) -> bool:
    """The first start, or one that was asked for, may have a path in any mode. Until it is seen it could be made anew without."""
    point, start = record.restore.point if record.restore is not None else None, record.start
    unseen = record.phase is Phase.DEPLOYING and not record.was_ready and start is not None and start.generation == record.generation
    return unseen and recorded(record).upgrade_mode == "stateless" and point is not None and point.path is not None


def _resumed_from(record: Record) -> tuple[str, str | None]:
    """Mode and path of the next start, by the rules of `choose_restore` as far as the record alone can tell.

    With `last-state` the established operator starts only if the metadata are there.
    """
    if record.savepoint_path is not None:
        return "savepoint", record.savepoint_path
    point = record.restore.point if record.restore is not None else None
    if record.job.state is JobState.FINISHED and not _is_refused(record):
        return "stateless", None
    if point is None or record.may_have_state:
        return "last-state", None
    return _MODES[point.source], point.path


def _is_refused(record: Record) -> bool:
    return record.restore is not None and record.restore.point is None
