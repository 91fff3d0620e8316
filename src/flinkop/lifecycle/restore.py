"""From what a start restores: one pure choice, which also says why and what it rejected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from flinkop.lifecycle.observed import HaMetadata

WAYS_OUT = (
    "Ways out: set spec.job.initialSavepointPath to a savepoint or checkpoint and raise spec.job.savepointRedeployNonce, "
    "or set spec.job.upgradeMode to stateless to start from empty state."
)


class RestoreSource(StrEnum):
    """The kinds of restore points."""

    EMPTY = "none"
    SAVEPOINT = "savepoint"
    CHECKPOINT = "checkpoint"
    LAST_STATE = "last-state"


@dataclass(frozen=True, slots=True)
class RestorePoint:
    """One place a job can start from. `job_id` is set when the start has to use that id, because metadata belong to it."""

    source: RestoreSource
    path: str | None = None
    job_id: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A restore point that was considered and not used."""

    source: RestoreSource
    reason: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class RestoreChoice:
    """The choice and its explanation. `point` is None when no start is safe: then `message` names the ways out."""

    point: RestorePoint | None
    reason: str
    message: str
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class RestoreFacts:
    """All that the choice depends on.

    `recorded_path` is where the job's end left its state; it is forgotten as soon as a start from it may have made newer state.
    `high_availability` says whether the start that is to come has it: without, it cannot read the metadata.
    `unmet_request`: the last start was from `initialSavepointPath`, as somebody had asked for, and its job never ran from there.
    `older`: the path that a choice before this one named when it found nothing safe. `checkpoint_directory`: where Flink keeps checkpoints.
    """

    stateless: bool
    never_started: bool
    initial_path: str | None
    redeploy_requested: bool
    recorded_path: str | None
    job_id: str | None
    ha: HaMetadata
    previous: RestorePoint | None
    may_have_state: bool
    high_availability: bool = True
    finished: bool = False
    unmet_request: bool = False
    older: Rejected | None = None
    checkpoint_directory: str | None = None


def point_at(path: str) -> RestorePoint:
    """A path as a restore point: Flink names the directories of checkpoints `chk-N`."""
    name = path.rstrip("/").rpartition("/")[2]
    return RestorePoint(RestoreSource.CHECKPOINT if name.startswith("chk-") else RestoreSource.SAVEPOINT, path)


EMPTY = RestorePoint(RestoreSource.EMPTY)

NO_RESTORE_POINT = "NoRestorePoint"

ON_REQUEST = frozenset({"InitialSavepoint", "RedeployRequested", "StillRequested"})
"""Reasons of choices that `spec.job.initialSavepointPath` was asked for by."""


def choose_restore(facts: RestoreFacts) -> RestoreChoice:
    """Picks what a start restores from. The order of the rules is the order of the functions in `_RULES`.

    A start from empty state is chosen only when the spec says `stateless`, when nothing was ever started, when the job
    started empty before and never made a checkpoint, or when it finished by itself; otherwise no start is chosen at all.
    """
    for rule in _RULES:
        choice = rule(facts)
        if choice is not None:
            return choice
    return _nothing_safe(facts)


def _on_request(facts: RestoreFacts) -> RestoreChoice | None:
    if not facts.redeploy_requested or not facts.initial_path:
        return None
    return RestoreChoice(
        point_at(facts.initial_path),
        "RedeployRequested",
        "spec.job.savepointRedeployNonce was changed: starting from spec.job.initialSavepointPath.",
        _rejected_by_request(facts),
    )


def _first_start(facts: RestoreFacts) -> RestoreChoice | None:
    if not facts.never_started or not facts.initial_path:
        return None
    return RestoreChoice(
        point_at(facts.initial_path),
        "InitialSavepoint",
        "First start, from spec.job.initialSavepointPath.",
        _rejected_by_request(facts),
    )


def _still_requested(facts: RestoreFacts) -> RestoreChoice | None:
    """Before `stateless`: who corrects the image of a start that was to be from a savepoint has not given that up."""
    if not facts.unmet_request or not facts.initial_path or facts.ha.checkpoints:
        return None
    return RestoreChoice(
        replace(point_at(facts.initial_path), job_id=facts.job_id),
        "StillRequested",
        "The last start was to be from spec.job.initialSavepointPath, and its job never ran: starting from that path again.",
        _rejected_by_request(facts),
    )


def _stateless(facts: RestoreFacts) -> RestoreChoice | None:
    if not facts.stateless:
        return None
    return RestoreChoice(EMPTY, "Stateless", "spec.job.upgradeMode is stateless: starting from empty state.", _rejected_by_mode(facts))


def _ha_metadata(facts: RestoreFacts) -> RestoreChoice | None:
    """Comes before a recorded path: metadata that are still there are newer than any savepoint the job was started from."""
    if facts.ha.checkpoints == 0:
        return None
    if not facts.high_availability:
        return _metadata_out_of_reach(facts)
    return RestoreChoice(
        RestorePoint(RestoreSource.LAST_STATE, job_id=facts.ha.job_id),
        "HaMetadata",
        f"The high-availability metadata of job {facts.ha.job_id} hold {facts.ha.checkpoints} checkpoint(s): the newest is restored.",
    )


def _metadata_out_of_reach(facts: RestoreFacts) -> RestoreChoice:
    message = (
        f"The newest state is in the high-availability metadata of job {facts.ha.job_id}, and the new spec switches high availability off: "
        f"leave it on for this start. {WAYS_OUT}"
    )
    lost = Rejected(RestoreSource.LAST_STATE, "the new spec has no high availability")
    older = Rejected(RestoreSource.SAVEPOINT, "the high-availability metadata are newer", facts.recorded_path)
    return RestoreChoice(None, "HighAvailabilityOff", message, (lost, older) if facts.recorded_path else (lost,))


def _recorded_path(facts: RestoreFacts) -> RestoreChoice | None:
    if facts.recorded_path is None:
        return None
    point = point_at(facts.recorded_path)
    return RestoreChoice(point, "StopRecorded", f"The job was stopped at this {point.source}.")


def _nothing_started_yet(facts: RestoreFacts) -> RestoreChoice | None:
    if not facts.never_started:
        return None
    return RestoreChoice(EMPTY, "FirstStart", "First start: there is no state yet.")


def _no_checkpoint_since_start(facts: RestoreFacts) -> RestoreChoice | None:
    """A start that never got a ready JobManager, or whose job is known to have made no checkpoint, has left nothing newer."""
    if facts.previous is None or (facts.may_have_state and not facts.ha.exists):
        return None
    if facts.previous.source is RestoreSource.LAST_STATE:
        return None
    why = "made no checkpoint" if facts.ha.exists else "left no state"
    point = replace(facts.previous, job_id=facts.job_id)
    return RestoreChoice(point, "SameAsBefore", f"The last start {why}: starting again from what it started from.")


def _finished(facts: RestoreFacts) -> RestoreChoice | None:
    if not facts.finished:
        return None
    return RestoreChoice(EMPTY, "JobFinished", "The job finished by itself and left no state: starting from empty state.")


_RULES = (
    _on_request,
    _first_start,
    _still_requested,
    _stateless,
    _ha_metadata,
    _recorded_path,
    _nothing_started_yet,
    _no_checkpoint_since_start,
    _finished,
)


def _nothing_safe(facts: RestoreFacts) -> RestoreChoice:
    lost = Rejected(RestoreSource.LAST_STATE, f"the high-availability metadata of job {facts.job_id} hold no checkpoint any more")
    older = _older_than_the_job(facts.previous) or facts.older
    unknown = older or Rejected(RestoreSource.SAVEPOINT, "no savepoint was recorded when the job stopped")
    empty = Rejected(RestoreSource.EMPTY, "the job had state, and spec.job.upgradeMode is not stateless")
    known = f"The last start was from {older.path}, and its job may have made newer state since. " if older else ""
    message = (
        "HA metadata is not available, and where the job's newest state is, is not known. Manual restore required. "
        f"{known}{retained_checkpoints(facts.job_id, facts.checkpoint_directory)}{WAYS_OUT}"
    )
    return RestoreChoice(None, NO_RESTORE_POINT, message, (lost, unknown, empty))


def retained_checkpoints(job_id: str | None, directory: str | None) -> str:
    """Where people look first: a job that lost its metadata has usually lost no files. Which of them is newest only a look there tells."""
    if job_id is None:
        return ""
    place = checkpoint_folder(job_id, directory)
    usable = "the newest chk-N there that has a file _metadata can be spec.job.initialSavepointPath"
    return f"Checkpoints that were retained are in {place}: {usable}. "


def checkpoint_folder(job_id: str, directory: str | None) -> str:
    """Where Flink keeps the checkpoints of a job, in words."""
    return f"{directory.rstrip('/')}/{job_id}" if directory else f"the folder {job_id} of the job's execution.checkpointing.dir"


def named_before(choice: RestoreChoice | None) -> Rejected | None:
    """The path that a choice without a safe point named, so that the next one names it too."""
    if choice is None or choice.reason != NO_RESTORE_POINT:
        return None
    return next((one for one in choice.rejected if one.path is not None), None)


def _older_than_the_job(previous: RestorePoint | None) -> Rejected | None:
    """What the last start restored is not chosen, but must not be forgotten: for a job that never ran it is the newest state."""
    if previous is None or previous.path is None:
        return None
    return Rejected(previous.source, "the last start was from it, and its job may have made newer state since", previous.path)


def _known(facts: RestoreFacts, reason: str) -> tuple[Rejected, ...]:
    found = []
    if facts.recorded_path is not None:
        found.append(Rejected(point_at(facts.recorded_path).source, reason, facts.recorded_path))
    if facts.ha.checkpoints:
        found.append(Rejected(RestoreSource.LAST_STATE, reason))
    return tuple(found)


def _rejected_by_request(facts: RestoreFacts) -> tuple[Rejected, ...]:
    return _known(facts, "spec.job.initialSavepointPath was asked for")


def _rejected_by_mode(facts: RestoreFacts) -> tuple[Rejected, ...]:
    return _known(facts, "spec.job.upgradeMode is stateless")
