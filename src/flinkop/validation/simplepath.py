"""What is wrong with a FlinkDeployment or FlinkSessionJob, told to those who wrote a FlinkCluster or FlinkApplication."""

from __future__ import annotations

from dataclasses import replace

from flinkop.validation.violation import Violation

# The longest beginning that fits decides.
_FIELDS = {
    "spec.deploymentName": "spec.flinkCluster.name",
    "spec.flinkConfiguration": "spec.configuration",
    "spec.flinkConfiguration.high-availability.storageDir": "spec.storage.highAvailability",
    "spec.flinkConfiguration.taskmanager.numberOfTaskSlots": "spec.taskManager.slots",
    "spec.job.entryClass": "spec.job.mainClass",
    "spec.jobManager.resource": "spec.jobManager",
    "spec.taskManager.resource": "spec.taskManager",
    "spec.podTemplate": "spec.storage",
}


def as_simple(violation: Violation) -> Violation:
    """The violation under the path of the field that was written, and in the words of the simple style."""
    return replace(violation, path=_simple_path(violation.path), remedy=_in_simple_words(violation.remedy))


def _simple_path(path: str) -> str:
    fitting = [begin for begin in _FIELDS if path == begin or path.startswith(f"{begin}.")]
    if not fitting:
        return path
    begin = max(fitting, key=len)
    return _FIELDS[begin] + path.removeprefix(begin)


def _in_simple_words(remedy: str) -> str:
    return remedy.replace("spec.flinkConfiguration", "spec.configuration").replace("FlinkDeployment", "FlinkCluster")
