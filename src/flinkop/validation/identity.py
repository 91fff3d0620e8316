"""Rules about what a FlinkDeployment is: its name, its version, and what may not change about it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flinkop.api.flinkdeployment import DesiredJobState, UpgradeMode
from flinkop.api.flinkversion import NEWEST_SUPPORTED, OLDEST_SUPPORTED
from flinkop.validation.subject import Subject
from flinkop.validation.violation import Violation, warning

# Flink makes names from the cluster id, and refuses to build TaskManager pods for a longer one.
_LONGEST_NAME = 45
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")

# Source: the grammar of github.com/distribution/reference.
_NAME_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REGISTRY = r"(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::[0-9]+)?|\[[0-9a-fA-F:]+\](?::[0-9]+)?)"
_IMAGE = re.compile(
    rf"(?:{_REGISTRY}/)?{_NAME_PART}(?:/{_NAME_PART})*(?::\w[\w.-]{{0,127}})?(?:@[a-zA-Z0-9]+:[0-9a-fA-F]{{32,}})?", re.ASCII
)

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")


def has_a_valid_name(subject: Subject) -> Iterator[Violation]:
    """The name can be Flink's cluster id."""
    yield from check_cluster_name("metadata.name", subject.name)


def check_cluster_name(path: str, name: str) -> Iterator[Violation]:
    """What is wrong with a name that stands at `path` as Flink's cluster id."""
    if not name:
        yield Violation(path, "is not set", "write a name")
        return
    if len(name) > _LONGEST_NAME:
        problem = f"has {len(name)} characters, and Flink allows a cluster id of at most {_LONGEST_NAME}"
        yield Violation(path, problem, "choose a shorter name")
    if not _NAME.fullmatch(name):
        problem = f"'{name}' cannot be the name of a Service"
        yield Violation(path, problem, "use lower-case letters, digits and dashes, starting with a letter")


def has_a_supported_version(subject: Subject) -> Iterator[Violation]:
    """The Flink version is one that the operator can run."""
    supported = f"use {OLDEST_SUPPORTED} to {NEWEST_SUPPORTED}"
    if subject.version < OLDEST_SUPPORTED:
        yield Violation("spec.flinkVersion", f"Flink {subject.version.dotted} is not supported", supported)
    if subject.version > NEWEST_SUPPORTED:
        yield warning("spec.flinkVersion", f"Flink {subject.version.dotted} has not been tried with this version", supported)


def keeps_its_version_while_suspended(subject: Subject) -> Iterator[Violation]:
    """High-availability metadata are Java objects, which another Flink version may not read."""
    before, now = subject.previous, subject.spec
    if before is None or before.job is None or now.job is None or before.flink_version == now.flink_version:
        return
    suspended = before.job.state is DesiredJobState.SUSPENDED and before.job.upgrade_mode is UpgradeMode.LAST_STATE
    if suspended and now.job.upgrade_mode is not UpgradeMode.STATELESS:
        problem = f"changes from {before.flink_version} to {now.flink_version} while the job is suspended by last-state"
        yield Violation("spec.flinkVersion", problem, "resume the job with the old version first, or set upgradeMode: stateless")


def keeps_its_nature(subject: Subject) -> Iterator[Violation]:
    """An application cluster stays one, and so does a native one."""
    before, now = subject.previous, subject.spec
    if before is None:
        return
    if (before.job is None) != (now.job is None):
        kinds = "an application cluster into a session cluster" if now.job is None else "a session cluster into an application cluster"
        yield Violation("spec.job", f"would turn {kinds}", "delete the resource and create it again")
    if before.mode is not now.mode:
        problem = f"changes from {before.mode} to {now.mode}"
        yield Violation("spec.mode", problem, "write the old mode, or delete the resource and create it again")


def has_a_service_account(subject: Subject) -> Iterator[Violation]:
    """The JobManager needs rights to make TaskManagers and to elect a leader, so the account must be chosen."""
    if not subject.spec.service_account:
        yield Violation("spec.serviceAccount", "is not set", "name a ServiceAccount that may manage pods and config maps, such as flink")


def has_an_image_that_can_be_named(subject: Subject) -> Iterator[Violation]:
    """Kubernetes finds out only when a pod is to start: then the old job is stopped already."""
    image = subject.spec.image or ""
    if image and not _IMAGE.fullmatch(image):
        remedy = "write [registry/]name[:tag][@digest] without blanks, the name in lower-case letters"
        yield Violation("spec.image", "cannot be the name of an image", remedy)


def has_a_valid_pull_policy(subject: Subject) -> Iterator[Violation]:
    """The pull policy is one of Kubernetes'."""
    policy = subject.spec.image_pull_policy
    if policy and policy not in _PULL_POLICIES:
        yield Violation("spec.imagePullPolicy", f"'{policy}' is not a pull policy", f"write {', '.join(_PULL_POLICIES)}")
