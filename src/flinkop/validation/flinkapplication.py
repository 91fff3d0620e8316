"""Rules for FlinkApplications, in the words in which they are written. What they mean is checked as the kind they become."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flinkop.api.flinkapplication import FlinkApplicationSpec
from flinkop.validation.flinkcluster import validate_own_cluster
from flinkop.validation.violation import Violation, warning

LONGEST_STATEMENTS = 256 * 1024
"""In bytes. They come to the JobManager in its ConfigMap, which may have 1 MiB, and are kept in the resource's status."""

LONGEST_STATEMENTS_OF_STANDALONE = 90 * 1024
"""In bytes: there they are an argument of the container's command, in base64, and Linux takes none of more than 128 KiB."""

_FORMS = "write one of jarURI, mainClass, sql and python"

# Fields that describe a cluster of the application's own.
_OF_OWN_CLUSTER = {
    "flink_version": "flinkVersion",
    "image": "image",
    "image_pull_policy": "imagePullPolicy",
    "service_account": "serviceAccount",
    "job_manager": "jobManager",
    "task_manager": "taskManager",
    "storage": "storage",
    "high_availability": "highAvailability",
    "ingress": "ingress",
    "metrics": "metrics",
}


def has_one_program(spec: FlinkApplicationSpec) -> Iterator[Violation]:
    """The job is a jar, SQL or Python."""
    job = spec.job
    forms = {"jarURI": job.jar_uri or job.main_class or job.entry_class, "sql": job.sql, "python": job.python}
    given = [name for name, form in forms.items() if form]
    if not given:
        yield Violation("spec.job", "has no program", _FORMS)
    for name in given[1:]:
        yield Violation(f"spec.job.{name}", f"is set together with {given[0]}", _FORMS)


def has_one_main_class(spec: FlinkApplicationSpec) -> Iterator[Violation]:
    """Two words for one thing say the same."""
    job = spec.job
    if job.main_class and job.entry_class and job.main_class != job.entry_class:
        yield Violation("spec.job.mainClass", "differs from entryClass, which is another word for it", "keep one of the two")


def has_statements(spec: FlinkApplicationSpec) -> Iterator[Violation]:
    """SQL is there, in one place."""
    sql = spec.job.sql
    if sql is None:
        return
    if sql.statements and sql.config_map:
        yield Violation("spec.job.sql.configMap", "is set together with statements", "keep one of the two")
    elif sql.config_map is not None and not sql.config_map.name:
        yield Violation("spec.job.sql.configMap.name", "is not set", "name the ConfigMap with the statements")
    elif sql.config_map is None and not (sql.statements or "").strip():
        yield Violation("spec.job.sql.statements", "is not set", "write the statements, or configMap with the name of a ConfigMap")
    yield from has_statements_of_a_size(spec, sql.statements or "")


def has_statements_of_a_size(spec: FlinkApplicationSpec, statements: str) -> Iterator[Violation]:
    """`statements`, wherever they are written, are not too long for the way that they take."""
    sql, size = spec.job.sql, len(statements.encode())
    is_standalone = spec.flink_cluster is None and spec.task_manager.replicas is not None
    longest = LONGEST_STATEMENTS_OF_STANDALONE if is_standalone else LONGEST_STATEMENTS
    if sql is not None and size > longest:
        ways = "divide them among several applications"
        more = f", or leave taskManager.replicas out, which allows {LONGEST_STATEMENTS // 1024} KiB" if is_standalone else ""
        problem = f"has {-(-size // 1024)} KiB, and at most {longest // 1024} KiB reach the JobManager"
        yield Violation(f"spec.job.sql.{'configMap' if sql.config_map else 'statements'}", problem, ways + more)


def has_no_arguments_beside_sql(spec: FlinkApplicationSpec) -> Iterator[Violation]:
    """Statements have no use for them. Only told."""
    if spec.job.sql is not None and spec.job.args:
        yield warning("spec.job.args", "has no effect on SQL", "leave it out")


def has_a_python_program(spec: FlinkApplicationSpec) -> Iterator[Violation]:
    """There is a script or a module."""
    python = spec.job.python
    if python is None:
        return
    if not python.script and not python.module:
        yield Violation("spec.job.python.script", "is not set", "name the file to run, or the module")
    if python.script and python.module:
        yield Violation("spec.job.python.module", "is set together with script", "keep one of the two")


def has_parallelism(spec: FlinkApplicationSpec) -> Iterator[Violation]:
    """Parallelism is at least 1, and one field decides it."""
    parallelism, manager = spec.job.parallelism, spec.task_manager
    if parallelism is None:
        return
    if parallelism < 1:
        yield Violation("spec.job.parallelism", f"is {parallelism}", "write 1 or more, or leave it out")
    elif manager.replicas is not None and spec.flink_cluster is None:
        problem = "has no effect: taskManager.replicas decides, replicas times slots"
        yield warning("spec.job.parallelism", problem, "leave one of the two out")


def has_a_cluster(spec: FlinkApplicationSpec) -> Iterator[Violation]:
    """The job runs somewhere, and what describes a cluster has one to describe."""
    if spec.flink_cluster is None:
        version = spec.flink_version
        if version is None:
            problem = "is not set, and there is no flinkCluster that has one"
            yield Violation("spec.flinkVersion", problem, "write for example v1.20, or name a FlinkCluster in spec.flinkCluster.name")
        yield from validate_own_cluster(spec, version.version if version else None)
        return
    if not spec.flink_cluster.name:
        yield Violation("spec.flinkCluster.name", "is not set", "name the FlinkCluster that the job runs on")
    for attribute, field in _OF_OWN_CLUSTER.items():
        if getattr(spec, attribute) != type(spec).model_fields[attribute].default:
            problem = "has no effect: the job runs on a FlinkCluster, which has its own"
            yield warning(f"spec.{field}", problem, "set it there, or leave spec.flinkCluster out")


RULES: tuple[Callable[[FlinkApplicationSpec], Iterator[Violation]], ...] = (
    has_a_cluster,
    has_one_program,
    has_one_main_class,
    has_statements,
    has_no_arguments_beside_sql,
    has_a_python_program,
    has_parallelism,
)


def validate_flinkapplication(spec: FlinkApplicationSpec) -> tuple[Violation, ...]:
    """What is wrong with a FlinkApplication as it is written. What `adapt_application` makes of it is to be validated too."""
    return tuple(violation for rule in RULES for violation in rule(spec))
