"""All rules for FlinkSessionJobs, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from flinkop.api.cluster import TaskManagerSpec
from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.api.flinksessionjob import FlinkSessionJobSpec, JobSpec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf.joboption import is_for_operator, is_of_cluster
from flinkop.validation import configuration, job, notyet
from flinkop.validation.artifact import check_jar_uri, sources_in
from flinkop.validation.identity import check_cluster_name
from flinkop.validation.subject import path_of
from flinkop.validation.violation import Severity, Violation, warning

CONFIGURATION_SINCE = FlinkVersion(1, 17)
"""Since then Flink takes a configuration with a job."""


@dataclass(frozen=True, slots=True)
class SessionJob:
    """A FlinkSessionJob that does not know its cluster. `previous` is the spec that was accepted before, if any."""

    name: str
    namespace: str
    spec: FlinkSessionJobSpec
    conf: Mapping[str, str]
    previous: FlinkSessionJobSpec | None

    @property
    def job(self) -> JobSpec | None:
        """The job."""
        return self.spec.job


@dataclass(frozen=True, slots=True)
class SubmittedJob:
    """A FlinkSessionJob and its cluster: `conf` is the effective configuration of the job on it."""

    spec: FlinkSessionJobSpec
    conf: Mapping[str, str]
    previous: FlinkSessionJobSpec | None
    cluster: FlinkDeploymentSpec

    @property
    def version(self) -> FlinkVersion:
        """The Flink version of the cluster."""
        return self.cluster.flink_version

    @property
    def own(self) -> Mapping[str, str]:
        """What the session job itself sets."""
        return self.spec.flink_configuration

    @property
    def job(self) -> JobSpec | None:
        """The job."""
        return self.spec.job

    @property
    def previous_job(self) -> JobSpec | None:
        """The job of the spec that was accepted before."""
        return self.previous.job if self.previous else None

    @property
    def task_manager(self) -> TaskManagerSpec | None:
        """None: the TaskManagers are the cluster's."""
        return None

    def path_of(self, key: str) -> str:
        """Where the option `key` comes from: a field, the job's own configuration, or that of its cluster or the operator."""
        of_cluster = key not in self.own and key in self.cluster.flink_configuration
        return f"configuration of the session cluster {key}" if of_cluster else path_of(key, self.own)


def names_its_cluster(subject: SessionJob) -> Iterator[Violation]:
    """The cluster's name can be one."""
    name = subject.spec.deployment_name
    if not name:
        yield Violation("spec.deploymentName", "is not set", "name the FlinkDeployment that is the session cluster")
    else:
        yield from check_cluster_name("spec.deploymentName", name)


def keeps_its_cluster(subject: SessionJob) -> Iterator[Violation]:
    """State does not move to another cluster by itself."""
    before, now = subject.previous, subject.spec
    if before is not None and before.deployment_name != now.deployment_name:
        problem = f"changes from {before.deployment_name} to {now.deployment_name}"
        remedy = "write the old name; to move the job, create another FlinkSessionJob with initialSavepointPath"
        yield Violation("spec.deploymentName", problem, remedy)


def has_a_job(subject: SessionJob) -> Iterator[Violation]:
    """There is something to run."""
    job = subject.job
    if job is None:
        yield Violation("spec.job", "is not set", "describe the job: jarURI and parallelism at least")
    elif not job.jar_uri and not job.entry_class:
        problem = "is not set, and spec.job.entryClass names no class that the cluster has"
        yield Violation("spec.job.jarURI", problem, "name the job's jar, or a main class on the cluster's class path")


def has_a_jar_that_may_be_fetched(subject: SessionJob) -> Iterator[Violation]:
    """The jar is where the operator may fetch it. What the job itself says of that does not count. Checked again when it is fetched."""
    if subject.job is not None and subject.job.jar_uri:
        own = subject.spec.flink_configuration
        sources = sources_in({key: value for key, value in subject.conf.items() if key not in own})
        yield from check_jar_uri(subject.job.jar_uri, sources)


def runs_on_a_session_cluster(subject: SubmittedJob) -> Iterator[Violation]:
    """The JobManager of an application takes no other job."""
    if subject.cluster.job is not None:
        problem = f"names {subject.spec.deployment_name}, which is an application cluster and runs its own job only"
        yield Violation("spec.deploymentName", problem, "name a FlinkDeployment without spec.job")


def has_options_with_an_effect(subject: SubmittedJob) -> Iterator[Violation]:
    """Options that only the cluster can set, and all of Flink's where it takes none with a job. Only told."""
    for key in subject.own:
        if is_of_cluster(key):
            problem = "has no effect on a job: Flink's processes read it when the cluster starts"
            yield warning(subject.path_of(key), problem, f"set it in the FlinkDeployment {subject.spec.deployment_name}")
        elif subject.version < CONFIGURATION_SINCE and not is_for_operator(key):
            problem = f"has no effect: Flink {subject.version.dotted} takes no configuration with a job"
            yield warning(subject.path_of(key), problem, f"set it in the FlinkDeployment {subject.spec.deployment_name}")


ALONE: tuple[Callable[[SessionJob], Iterator[Violation]], ...] = (
    names_its_cluster,
    keeps_its_cluster,
    has_a_job,
    has_a_jar_that_may_be_fetched,
)
"""Rules that need no cluster."""

ON_ITS_CLUSTER: tuple[Callable[[SubmittedJob], Iterator[Violation]], ...] = (
    runs_on_a_session_cluster,
    notyet.is_supported,
    configuration.has_readable_options,
    configuration.has_known_operator_options,
    configuration.uses_names_that_flink_knows,
    configuration.leaves_restore_paths_to_the_operator,
    configuration.names_each_option_once,
    has_options_with_an_effect,
    job.has_parallelism,
    job.keeps_its_state_somewhere,
    job.asks_for_checkpoints_that_flink_can_take,
    job.takes_snapshots_in_a_rhythm_that_can_be_kept,
    job.redeploys_from_a_path,
    job.starts_from_a_real_path,
    job.starts_from_a_path_without_blanks,
)
"""Rules that look at what the cluster is, and what it gives to its jobs."""


PERHAPS = frozenset({job.keeps_its_state_somewhere, job.asks_for_checkpoints_that_flink_can_take})
"""Of these, rules whose answer depends on what the cluster says."""

OF_ITS_VERSION = frozenset({configuration.uses_names_that_flink_knows})
"""And those about Flink's version, of which nothing can be said without it."""


def validate_submitted_alone(spec: FlinkSessionJobSpec, conf: Mapping[str, str], stand_in: FlinkDeploymentSpec) -> Iterator[Violation]:
    """What is wrong with a FlinkSessionJob whose cluster is nowhere to be seen, as far as a `stand_in` for it tells."""
    subject = SubmittedJob(spec, conf, None, stand_in)
    for rule in ON_ITS_CLUSTER:
        if rule not in OF_ITS_VERSION:
            yield from (_perhaps(violation) if rule in PERHAPS else violation for violation in rule(subject))


def _perhaps(violation: Violation) -> Violation:
    remedy = f"{violation.remedy}, unless its cluster, which is not here, says it"
    return replace(violation, remedy=remedy, severity=Severity.WARNING)


def validate_flinksessionjob(
    name: str,
    namespace: str,
    spec: FlinkSessionJobSpec,
    conf: Mapping[str, str],
    previous: FlinkSessionJobSpec | None = None,
    cluster: FlinkDeploymentSpec | None = None,
) -> tuple[Violation, ...]:
    """Everything that is wrong with a FlinkSessionJob; where its cluster is not there, what can be known without it.

    `conf` is its effective configuration (`build_session_job_configuration`; without `cluster`, the spec of the FlinkDeployment that it
    names, the operator's defaults). `previous` is the spec that was accepted before.
    """
    alone = SessionJob(name, namespace, spec, conf, previous)
    found = [violation for rule in ALONE for violation in rule(alone)]
    if cluster is not None:
        submitted = SubmittedJob(spec, conf, previous, cluster)
        found += [violation for on_cluster in ON_ITS_CLUSTER for violation in on_cluster(submitted)]
    return tuple(dict.fromkeys(found))
