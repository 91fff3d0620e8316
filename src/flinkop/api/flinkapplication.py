"""`FlinkApplication` (`flink.apache.org/v1`): a job on a FlinkCluster, or on a cluster of its own, in the simple style."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, Strict

from flinkop.api.flinkdeploymentstatus import FlinkDeploymentStatus
from flinkop.api.flinkrelease import FlinkRelease
from flinkop.api.job import DesiredJobState, UpgradeMode
from flinkop.api.model import ApiModel, OpenApi
from flinkop.api.reading import read_model
from flinkop.api.simplecluster import SimpleClusterSpec


class RestartPolicy(StrEnum):
    """What becomes of a job that has failed."""

    NEVER = "Never"
    ON_FAILURE = "OnFailure"


class ClusterReference(ApiModel):
    """A FlinkCluster."""

    name: str | None = None
    """Its name, in the same namespace. It need not exist yet."""


class ConfigMapReference(ApiModel):
    """A text in a ConfigMap."""

    name: str | None = None
    """The name of the ConfigMap, in the same namespace."""

    key: str = "statements.sql"
    """The key that holds the text. Default: statements.sql."""


class SqlJob(ApiModel):
    """A job that is written in SQL. Write `statements` or `configMap`."""

    statements: str | None = None
    """The statements, with semicolons between them."""

    config_map: ConfigMapReference | None = None
    """The ConfigMap that holds the statements."""


class PythonJob(ApiModel):
    """A job that is written in Python. The image must have Python and PyFlink. Write `script` or `module`."""

    script: str | None = None
    """The file to run: `/opt/flink/usrlib/job.py`."""

    module: str | None = None
    """The module to run, from one of the `files`."""

    files: list[str] = Field(default_factory=list)
    """Python files, packages and directories for the job's path."""

    archives: list[str] = Field(default_factory=list)
    """Archives that are unpacked for the workers, such as virtual environments."""

    requirements: str | None = None
    """A requirements.txt whose packages are installed for the workers."""

    executable: str | None = None
    """The Python interpreter, for the program and for the workers. Default: the image's `python`."""


class ApplicationJob(ApiModel):
    """The job: a jar, SQL or Python."""

    jar_uri: str | None = None
    """The jar: `local:///...` for a file in the cluster's image or on its volumes."""

    main_class: str | None = None
    """The main class. The jar's manifest names it when this is not set."""

    entry_class: str | None = None
    """Another word for `mainClass`."""

    sql: SqlJob | None = None
    """A job that is written in SQL."""

    python: PythonJob | None = None
    """A job that is written in Python."""

    args: list[str] = Field(default_factory=list)
    """The arguments of the program."""

    parallelism: int | None = None
    """How many parallel subtasks each operator of the job gets. Default: the cluster's `job.parallelism`, else 1."""

    state: Annotated[DesiredJobState, Strict(False)] = DesiredJobState.RUNNING
    """`running`, or `suspended` to stop the job and keep its state. Default: running."""

    upgrade_mode: Annotated[UpgradeMode, Strict(False)] = UpgradeMode.STATELESS
    """How a change is rolled out, and a suspended job resumed. `savepoint`: stop with a savepoint and start from it. `last-state`: start
    from the last checkpoint. `stateless`: start empty, the state is given up. Default: stateless."""

    initial_savepoint_path: str | None = None
    """The savepoint or checkpoint from which the first start restores, and a start that `savepointRedeployNonce` asks for."""

    allow_non_restored_state: bool | None = None
    """Start even if the savepoint has state of operators that the job no longer has; that state is lost."""

    restart_policy: Annotated[RestartPolicy | None, Strict(False)] = None
    """`OnFailure`: a job that has failed for good is started again from its last state. `Never`: it stays failed. Default: what the
    operator's configuration says, which is Never."""

    savepoint_trigger_nonce: int | None = None
    """A change of this number takes a savepoint now."""

    savepoint_redeploy_nonce: int | None = None
    """A change of this number starts the job anew from `initialSavepointPath`; newer state is left behind."""


class FlinkApplicationSpec(SimpleClusterSpec):
    """The job, and where it runs. What describes a cluster is for a cluster of its own, without `flinkCluster`."""

    flink_cluster: ClusterReference | None = None
    """The FlinkCluster that the job runs on. Without it the job gets a cluster of its own."""

    flink_version: Annotated[FlinkRelease | None, OpenApi({"type": "string"})] = None
    """Flink's version of a cluster of its own: `v1.20`, `1.20`, `1.20.1` or `v1_20`. A number needs quotes."""

    job: ApplicationJob = ApplicationJob()
    """The job."""

    restart_nonce: int | None = None
    """A change of this number restarts the job; the upgrade mode says with which state."""

    def to_wire(self) -> dict[str, Any]:
        """Plain JSON values under the names of the wire: defaults filled in, configuration flat."""
        return self.model_dump(mode="json", by_alias=True)


class FlinkApplicationStatus(FlinkDeploymentStatus):
    """What the operator knows about the job, and about the cluster where it has one of its own."""

    cluster: str | None = None
    """The FlinkCluster that the job runs on."""

    jobs: int | None = None
    """1 while the job runs, else 0."""

    task_managers: int | None = None
    """How many TaskManagers a cluster of its own has."""


def parse_application_spec(raw: Mapping[str, Any]) -> FlinkApplicationSpec:
    """Reads `spec` as the API server stores it, or as `to_wire` wrote it. Raises WrongFields, as `read_model` does."""
    return read_model(FlinkApplicationSpec, raw)
