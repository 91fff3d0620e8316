"""FlinkApplications in terms of a FlinkSessionJob, or of a FlinkDeployment where they have a cluster of their own."""

from __future__ import annotations

from base64 import b64encode

from flinkop.api.flinkapplication import ApplicationJob, FlinkApplicationSpec, PythonJob, RestartPolicy
from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.api.flinksessionjob import FlinkSessionJobSpec
from flinkop.api.job import JobSpec
from flinkop.errors import InvalidSpec
from flinkop.flinkconf.jar import SQL_RUNNER_CLASS, SQL_RUNNER_PATH
from flinkop.flinkconf.operatoroptions import RESTART_FAILED
from flinkop.resources.simplecluster import adapt_own_cluster

SQL_RUNNER_JAR = f"local://{SQL_RUNNER_PATH}"
"""The program that runs SQL statements, which it is given as one argument, `--statements-base64`."""

PYTHON_DRIVER = "org.apache.flink.client.python.PythonDriver"


def adapt_application(
    spec: FlinkApplicationSpec, statements: str | None = None, default_parallelism: int = 1
) -> FlinkSessionJobSpec | FlinkDeploymentSpec:
    """The job on its FlinkCluster, or with a cluster of its own.

    `statements` are those of the ConfigMap that `job.sql` names, where it names one; `default_parallelism` is the FlinkCluster's.
    Raises InvalidSpec when a cluster of its own has no Flink version, or slots that cannot be read.
    """
    job = _job(spec.job, statements, default_parallelism)
    own = {**_restarts(spec.job.restart_policy), **(_python_options(spec.job.python) if spec.job.python else {})}
    if spec.flink_cluster is not None:
        return FlinkSessionJobSpec(
            deployment_name=spec.flink_cluster.name,
            job=job,
            restart_nonce=spec.restart_nonce,
            flink_configuration={**spec.configuration, **own},
        )
    if spec.flink_version is None:
        raise InvalidSpec("spec.flinkVersion: is not set, and there is no flinkCluster that has one; write for example v1.20")
    cluster = adapt_own_cluster(spec, spec.flink_version, own, job)
    return cluster.model_copy(update={"restart_nonce": spec.restart_nonce})


def _restarts(policy: RestartPolicy | None) -> dict[str, str]:
    return {} if policy is None else {RESTART_FAILED.key: str(policy is RestartPolicy.ON_FAILURE).lower()}


def _job(job: ApplicationJob, statements: str | None, default_parallelism: int) -> JobSpec:
    jar_uri, main_class, leading = _program(job, statements)
    return JobSpec(
        jar_uri=jar_uri,
        entry_class=main_class,
        args=[*leading, *job.args],
        parallelism=default_parallelism if job.parallelism is None else job.parallelism,
        state=job.state,
        upgrade_mode=job.upgrade_mode,
        initial_savepoint_path=job.initial_savepoint_path,
        allow_non_restored_state=job.allow_non_restored_state,
        savepoint_trigger_nonce=job.savepoint_trigger_nonce,
        savepoint_redeploy_nonce=job.savepoint_redeploy_nonce,
    )


def _program(job: ApplicationJob, statements: str | None) -> tuple[str | None, str | None, list[str]]:
    """The jar, the main class, and the arguments that come before those of the user."""
    if job.sql is not None:
        return SQL_RUNNER_JAR, SQL_RUNNER_CLASS, ["--statements-base64", _encoded(job.sql.statements or statements or "")]
    if job.python is not None:
        return None, PYTHON_DRIVER, _entry(job.python)
    return job.jar_uri, job.main_class or job.entry_class, []


def _encoded(statements: str) -> str:
    """Statements have lines and quotes, which Flink's configuration file cannot express before 2.0."""
    return b64encode(statements.encode()).decode("ascii")


def _entry(python: PythonJob) -> list[str]:
    """What Flink's driver for Python is told to run; what follows is the program's own."""
    return ["-py", python.script] if python.script else ["-pym", python.module or ""]


def _python_options(python: PythonJob) -> dict[str, str]:
    """The driver reads these from the configuration, wherever the job runs. Source: Flink's PythonOptions, 1.16 to 2.3."""
    options = {
        "python.client.executable": python.executable,
        "python.executable": python.executable,
        "python.files": ",".join(python.files),
        "python.archives": ",".join(python.archives),
        "python.requirements": python.requirements,
    }
    return {key: value for key, value in options.items() if value}
