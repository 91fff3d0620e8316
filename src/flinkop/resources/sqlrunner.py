"""The program that runs SQL, in the JobManager of an application: an init container of the operator's image copies it.

TaskManagers need it not: Flink brings a job's jar to them, and its classes run nowhere but in the JobManager.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.errors import InvalidSpec
from flinkop.flinkconf.jar import SQL_RUNNER_PATH, is_sql_runner
from flinkop.flinkconf.operatoroptions import SQL_RUNNER_IMAGE
from flinkop.resources.naming import MAIN_CONTAINER
from flinkop.resources.podtemplate import MAIN_PATH, list_in, map_in, split_main_container

_NAME = "flinkop-sql-runner"
_IN_OPERATOR = "/opt/flinkop/share/flinkop/sql-runner.jar"
_HANDOVER = "/handover"
_SIZE = {"cpu": "50m", "memory": "32Mi"}  # limits too: a namespace may ask for them
_PATH = "podTemplate.spec"


def runs_sql(spec: FlinkDeploymentSpec) -> bool:
    """Whether the job is the program that runs SQL."""
    return spec.job is not None and is_sql_runner(spec.job.jar_uri or "")


def with_sql_runner(template: Mapping[str, Any], image: str | None) -> dict[str, Any]:
    """The JobManager's pod template with the program in it. `image` is the operator's.

    Raises InvalidSpec when there is no such image, or the template cannot be read.
    """
    if image is None:
        raise InvalidSpec(f"spec.job: runs SQL, and {SQL_RUNNER_IMAGE.key} does not name the operator's image; set it in its configuration")
    spec = map_in(template, "spec", "podTemplate")
    sides, main = split_main_container(template)
    main = {**main, "name": MAIN_CONTAINER, "volumeMounts": [*list_in(main, "volumeMounts", MAIN_PATH), _mount()]}
    return {
        **template,
        "spec": {
            **spec,
            "initContainers": [*list_in(spec, "initContainers", _PATH), _init_container(image)],
            "containers": [*sides, main],
            "volumes": [*list_in(spec, "volumes", _PATH), {"name": _NAME, "emptyDir": {"sizeLimit": "1Mi"}}],
        },
    }


def _mount() -> dict[str, Any]:
    return {"name": _NAME, "mountPath": str(PurePosixPath(SQL_RUNNER_PATH).parent), "readOnly": True}


def _init_container(image: str) -> dict[str, Any]:
    return {
        "name": _NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["cp", _IN_OPERATOR, f"{_HANDOVER}/"],
        "resources": {"requests": dict(_SIZE), "limits": dict(_SIZE)},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [{"name": _NAME, "mountPath": _HANDOVER}],
    }
