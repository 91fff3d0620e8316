"""How a standalone cluster finds the jar of its job. A native one reads `pipeline.jars`."""

from __future__ import annotations

from flinkop.api.flinkdeployment import JobSpec
from flinkop.api.flinkversion import FlinkVersion

USER_LIBRARY = "/opt/flink/usrlib"
"""Flink puts the jars in here on the class path of the job."""

SQL_RUNNER_PATH = "/opt/flinkop/sql-runner.jar"
"""Where an application's JobManager has the program that runs SQL. On a session cluster this path stands for the jar that is uploaded."""

SQL_RUNNER_CLASS = "flinkop.SqlRunner"

PYTHON_CLASSES = ("org.apache.flink.client.python.PythonDriver", "org.apache.flink.client.python.PythonGatewayServer")
"""Flink's own for programs in Python. Their calls come on threads of their own, and get the id and the configuration of whatever program
the JobManager was told to run last: on a session cluster nothing else may be submitted meanwhile. Source: StreamExecutionEnvironment, which
keeps those for threads that it does not know in a static field, 1.16 to 2.3."""

JARS_SINCE = FlinkVersion(1, 19)
"""Since then the command line may name the jar."""


def class_path(job: JobSpec, version: FlinkVersion) -> str | None:
    """Where a job's jar is to be named for the class loader, as a URL; None where Flink finds it without.

    So it does in its own directory for jars. Named once more, the jar is two jars for Flink, which then does not know whose class
    to run. Seen with Flink 1.18.
    """
    if not job.jar_uri or version >= JARS_SINCE or is_in_user_library(job.jar_uri):
        return None
    return "file:" + job.jar_uri.removeprefix("local:")


def is_in_user_library(jar_uri: str) -> bool:
    """Whether the jar is where Flink looks for jars."""
    return _path(jar_uri).startswith(f"{USER_LIBRARY}/")


def is_sql_runner(jar_uri: str) -> bool:
    """Whether the jar is the program that runs SQL."""
    return _path(jar_uri) == SQL_RUNNER_PATH


def _path(jar_uri: str) -> str:
    return "/" + jar_uri.removeprefix("local:").lstrip("/")
