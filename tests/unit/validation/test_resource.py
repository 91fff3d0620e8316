"""Rules about CPU, memory and replicas."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.validation.deployment import HIGH_AVAILABILITY, a_spec, sentences_of


def memory(text: str) -> dict[str, Any]:
    return {"resource": {"memory": text}}


PARTS = "JVM metaspace 256m, JVM overhead 192m"

ROWS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a JobManager that Flink refuses": (
        {"jobManager": memory("512m")},
        [f"spec.jobManager.resource.memory: 512m is too little: {PARTS}, off-heap memory 128m need 576m; raise it"],
    ),
    "a small JobManager that works": (
        {"jobManager": memory("600m")},
        ["warning spec.jobManager.resource.memory: leaves the JobManager a heap of 24m, and Flink asks for 128m; raise it"],
    ),
    "a TaskManager that Flink refuses": (
        {"taskManager": memory("600m")},
        [
            f"spec.taskManager.resource.memory: 600m is too little: {PARTS}, framework heap 128m, "
            "framework off-heap memory 128m, managed memory 61m, network memory 64m need 829m; raise it"
        ],
    ),
    "no memory": (
        {"jobManager": {}, "taskManager": {}},
        [
            "spec.jobManager.resource.memory: is missing; set the memory of the process, for example 2048m",
            "spec.taskManager.resource.memory: is missing; set the memory of the process, for example 2048m",
        ],
    ),
    "memory in the configuration": (
        {
            "jobManager": {},
            "taskManager": {},
            "flinkConfiguration": {"jobmanager.memory.process.size": "1g", "taskmanager.memory.flink.size": "1g"},
        },
        [],
    ),
    "too little memory in the configuration": (
        {"jobManager": {}, "flinkConfiguration": {"jobmanager.memory.flink.size": "64m"}},
        [
            "spec.flinkConfiguration.jobmanager.memory.flink.size: 64m is too little: off-heap memory 128m need 128m; raise it",
        ],
    ),
    "no CPU": ({"jobManager": {"resource": {"cpu": 0, "memory": "1g"}}}, ["spec.jobManager.resource.cpu: is 0; write a number above 0"]),
    "a bad disk": (
        {"taskManager": {"resource": {"memory": "1g", "ephemeralStorage": "10 GB"}}},
        ["spec.taskManager.resource.ephemeralStorage: '10 GB' is not a Kubernetes quantity; write for example 500m, 1.5 or 2Gi"],
    ),
    "less than no disk": (
        {"taskManager": {"resource": {"memory": "1g", "ephemeralStorage": "-1Gi"}}},
        ["spec.taskManager.resource.ephemeralStorage: is -1Gi; write 0 or more"],
    ),
    "less than no CPU in the configuration": (
        {"flinkConfiguration": {"kubernetes.jobmanager.cpu.amount": "-2", "taskmanager.cpu.cores": "-1"}},
        [
            "spec.flinkConfiguration.kubernetes.jobmanager.cpu.amount: is -2; write a number above 0",
            "spec.flinkConfiguration.taskmanager.cpu.cores: is -1; write a number above 0",
        ],
    ),
    "a TaskManager's CPU that is left to Flink": ({"flinkConfiguration": {"kubernetes.taskmanager.cpu.amount": "-1.0"}}, []),
    "memory beside requirements that have none": (
        {"jobManager": {"resource": {"memory": "1g"}, "resources": {"requests": {"cpu": "1"}}}},
        [
            "spec.jobManager.resources.requests.memory: is missing; set the memory of the process, for example 2048m; "
            "spec.jobManager.resource does not count beside it"
        ],
    ),
    "requirements without memory": (
        {"jobManager": {"resources": {"limits": {"cpu": "1"}}}},
        ["spec.jobManager.resources.requests.memory: is missing; set the memory of the process, for example 2048m"],
    ),
    "requirements without anything": ({"jobManager": {"resource": {"memory": "1g"}, "resources": {"requests": {}}}}, []),
    "no JobManager": (
        {"jobManager": {**memory("1g"), "replicas": 0}},
        ["spec.jobManager.replicas: is 0; write 1 or more; to stop the job write spec.job.state: suspended"],
    ),
    "standby JobManagers without high availability": (
        {"jobManager": {**memory("1g"), "replicas": 2}},
        [
            "spec.jobManager.replicas: is 2, and without high availability no leader is elected among them; "
            "set high-availability.type: kubernetes, or write 1"
        ],
    ),
    "standby JobManagers": ({"jobManager": {**memory("1g"), "replicas": 2}, "flinkConfiguration": HIGH_AVAILABILITY}, []),
    "no TaskManager": (
        {"taskManager": {**memory("1g"), "replicas": 0}},
        ["spec.taskManager.replicas: is 0; write 1 or more, or leave it out"],
    ),
    "a limit factor below one": (
        {"flinkConfiguration": {"kubernetes.jobmanager.cpu.limit-factor": "0.5"}},
        [
            "spec.flinkConfiguration.kubernetes.jobmanager.cpu.limit-factor: is 0.5, a limit below the request; write 1 or more",
        ],
    ),
    "a limit factor that is no number": (
        {"flinkConfiguration": {"kubernetes.taskmanager.memory.limit-factor": "much"}},
        [
            "spec.flinkConfiguration.kubernetes.taskmanager.memory.limit-factor: 'much' is not a number; write for example 1.5",
        ],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), ROWS.values(), ids=ROWS.keys())
def test_the_processes_get_what_they_need(changes: dict[str, Any], expected: list[str]) -> None:
    assert sentences_of(a_spec(**changes)) == expected


PATH = "spec.jobManager.resources"

REQUIREMENTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "requests and limits": ({"requests": {"cpu": 1, "memory": "2Gi"}, "limits": {"cpu": "1500m", "memory": "2Gi"}}, []),
    "a request above its limit": (
        {"requests": {"cpu": 2}, "limits": {"cpu": "1500m"}},
        [f"{PATH}.requests.cpu: 2 is above the limit, 1500m; lower the request or raise the limit"],
    ),
    "an amount that is none": (
        {"requests": {"cpu": "2 cores"}},
        [f"{PATH}.requests.cpu: '2 cores' is not a Kubernetes quantity; write for example 500m, 1.5 or 2Gi"],
    ),
    "memory that is none": (
        {"requests": {"memory": "much"}},
        [f"{PATH}.requests.memory: 'much' is not a memory size; write for example 2048m, 2g or 2Gi"],
    ),
    "memory above its limit": (
        {"requests": {"memory": "2g"}, "limits": {"memory": "1Gi"}},
        [f"{PATH}.requests.memory: 2g is above the limit, 1Gi; lower the request or raise the limit"],
    ),
    "memory in Flink's form": (
        {"requests": {"memory": "2048m"}},
        [
            f"warning {PATH}.requests.memory: 2048m is taken in Flink's form; to Kubernetes m means thousandths; write 2048Mi",
        ],
    ),
    "nothing": ({"limits": {"cpu": "0"}}, [f"{PATH}.limits.cpu: is 0; write an amount above 0"]),
    "no ephemeral storage": ({"limits": {"ephemeral-storage": "0"}}, []),
    "a device that is requested and limited": ({"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": "1"}}, []),
    "a device that is limited": ({"limits": {"nvidia.com/gpu": 1}}, []),
    "a device without a limit": (
        {"requests": {"nvidia.com/gpu": 1}},
        [f"{PATH}.requests.nvidia.com/gpu: is not the limit, and Kubernetes takes no other; write the same under limits"],
    ),
    "huge pages below the limit": (
        {"requests": {"hugepages-2Mi": "64Mi"}, "limits": {"hugepages-2Mi": "128Mi"}},
        [f"{PATH}.requests.hugepages-2Mi: is not the limit, and Kubernetes takes no other; write the same under limits"],
    ),
    "a resource that is none": (
        {"limits": {"cpus": 1}},
        [
            f"{PATH}.limits.cpus: is no resource of Kubernetes; write cpu, memory, ephemeral-storage or a name with a domain: "
            "example.com/gpu"
        ],
    ),
    "less than nothing": ({"limits": {"nvidia.com/gpu": -1}}, [f"{PATH}.limits.nvidia.com/gpu: is -1; write 0 or more"]),
}


@pytest.mark.parametrize(("resources", "expected"), REQUIREMENTS.values(), ids=REQUIREMENTS.keys())
def test_requirements_in_kubernetes_words_are_checked(resources: dict[str, Any], expected: list[str]) -> None:
    spec = a_spec(jobManager={"resources": resources})
    assert sentences_of(spec, defaults={"jobmanager.memory.process.size": "2g"}) == expected


def test_memory_that_flink_refuses_is_named_where_it_was_written() -> None:
    spec = a_spec(jobManager={"resources": {"limits": {"memory": "512Mi"}}})
    (sentence,) = sentences_of(spec, defaults={"jobmanager.memory.process.size": "512m"})
    assert sentence.startswith(f"{PATH}.limits.memory: 512m is too little")


def test_memory_that_cannot_be_read_is_told_once() -> None:
    (sentence,) = sentences_of(a_spec(jobManager=memory("much")))
    assert sentence.startswith("spec.jobManager.resource.memory: 'much' is not a memory size")
