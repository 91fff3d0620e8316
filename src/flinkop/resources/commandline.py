"""What the JobManager's container is told to run."""

from __future__ import annotations

from flinkop.api.flinkdeployment import JobSpec
from flinkop.flinkconf import flinkoptions as options
from flinkop.flinkconf.highavailability import is_ha
from flinkop.flinkconf.jar import JARS_SINCE
from flinkop.resources.cluster import Cluster


def jobmanager_arguments(cluster: Cluster) -> list[str]:
    """The arguments of the image's entry point."""
    if not cluster.is_standalone:
        script = f"kubernetes-jobmanager.sh {cluster.conf['execution.target']}"
        return ["bash", "-c", f"{script} {options.JOBMANAGER_ENTRYPOINT_ARGUMENTS.read(cluster.conf)}"]
    job = cluster.spec.job
    if job is None:
        return ["jobmanager", *_address(cluster)]
    return ["standalone-job", *_program(cluster, job), *_restore(cluster), *_address(cluster), *_job_arguments(job)]


def _address(cluster: Cluster) -> list[str]:
    """With high availability a JobManager announces itself, and one of several cannot do so under the name of their Service."""
    return ["-D", "jobmanager.rpc.address=$(_POD_IP_ADDRESS)"] if is_ha(cluster.conf) else []


def _program(cluster: Cluster, job: JobSpec) -> list[str]:
    """With its jar a job runs as in a native cluster: the jar's manifest may name the class, and Flink brings it to TaskManagers."""
    jars = ["--jars", job.jar_uri] if job.jar_uri and cluster.version >= JARS_SINCE else []
    return [*jars, *(["--job-classname", job.entry_class] if job.entry_class else [])]


def _restore(cluster: Cluster) -> list[str]:
    """The configuration says both too, but Flink's command line decides: without the flag it forbids, and it takes that only with a path.

    Seen with Flink 1.18, 1.20 and 2.2.
    """
    path = cluster.conf.get("execution.savepoint.path")
    if not path:
        return []
    allowed = options.IGNORE_UNCLAIMED_STATE.read(cluster.conf)
    return ["--fromSavepoint", path, *(["--allowNonRestoredState"] if allowed else [])]


def _job_arguments(job: JobSpec) -> list[str]:
    """After `--`, or Flink would take those for its own that look so: `--from x`, short for --fromSavepoint, as a path to restore."""
    return ["--", *job.args] if job.args else []
