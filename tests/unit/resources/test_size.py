"""What a spec says about CPU and memory, in Flink's options and in the pod template."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resources.cluster import V1_16, V1_20

from flinkop.api.flinkdeployment import Resource, ResourceRequirements
from flinkop.flinkconf.memory import parse_memory
from flinkop.resources.size import Sizing, size_of

CPU, MEMORY = "kubernetes.taskmanager.cpu.amount", "taskmanager.memory.process.size"
CPU_FACTOR, MEMORY_FACTOR = "kubernetes.taskmanager.cpu.limit-factor", "kubernetes.taskmanager.memory.limit-factor"

RESOURCE: dict[str, tuple[dict[str, Any], Sizing]] = {
    "nothing": ({}, Sizing()),
    "CPU": ({"cpu": 0.5}, Sizing({CPU: "0.5"})),
    "whole cores": ({"cpu": 2}, Sizing({CPU: "2.0"})),
    "memory in Flink's form": ({"memory": "2048m"}, Sizing({MEMORY: "2g"})),
    "memory as a quantity": ({"memory": "1.5Gi"}, Sizing({MEMORY: "1536m"})),
    "memory that is not whole megabytes": ({"memory": "1500000000"}, Sizing({MEMORY: "1500000000b"})),
    "memory that cannot be read": ({"memory": "much"}, Sizing({MEMORY: "much"})),
    "storage": ({"ephemeralStorage": "1Gi"}, Sizing({}, {"ephemeral-storage": "1Gi"}, {"ephemeral-storage": "1Gi"})),
}


@pytest.mark.parametrize(("raw", "sizing"), RESOURCE.values(), ids=RESOURCE.keys())
def test_a_resource_becomes_options_of_flink(raw: dict[str, Any], sizing: Sizing) -> None:
    assert size_of("taskmanager", Resource.model_validate(raw), None, V1_20) == sizing


REQUIREMENTS: dict[str, tuple[dict[str, Any], Sizing]] = {
    "nothing": ({}, Sizing()),
    "requests": ({"requests": {"cpu": "500m", "memory": "2Gi"}}, Sizing({CPU: "0.5", MEMORY: "2g"})),
    "limits alone are requests too": ({"limits": {"cpu": 2, "memory": "2Gi"}}, Sizing({CPU: "2.0", MEMORY: "2g"})),
    "both": (
        {"requests": {"cpu": "500m", "memory": "2Gi"}, "limits": {"cpu": 1, "memory": "3Gi"}},
        Sizing({CPU: "0.5", MEMORY: "2g", CPU_FACTOR: "2.0", MEMORY_FACTOR: "1.5"}),
    ),
    "a request of one and a limit of the other": (
        {"requests": {"cpu": "500m"}, "limits": {"memory": "3Gi"}},
        Sizing({CPU: "0.5", MEMORY: "3g"}),
    ),
    "a request of nothing": ({"requests": {"cpu": 0}, "limits": {"cpu": 1}}, Sizing({CPU: "0.0"})),
    "other resources": (
        {"requests": {"ephemeral-storage": "1Gi"}, "limits": {"ephemeral-storage": "2Gi", "nvidia.com/gpu": 1}},
        Sizing({}, {"ephemeral-storage": "1Gi"}, {"ephemeral-storage": "2Gi", "nvidia.com/gpu": "1"}),
    ),
    "claims": (
        {"claims": [{"name": "gpu"}, {"name": "x", "request": "y"}]},
        Sizing(claims=({"name": "gpu"}, {"name": "x", "request": "y"})),
    ),
    "what cannot be read": ({"requests": {"cpu": "half"}, "limits": {"cpu": "1"}}, Sizing({CPU: "half"})),
}


@pytest.mark.parametrize(("raw", "sizing"), REQUIREMENTS.values(), ids=REQUIREMENTS.keys())
def test_requirements_become_options_of_flink_and_the_rest_goes_to_the_template(raw: dict[str, Any], sizing: Sizing) -> None:
    assert size_of("taskmanager", None, ResourceRequirements.model_validate(raw), V1_20) == sizing


def test_requirements_win_over_a_resource() -> None:
    requirements = ResourceRequirements.model_validate({"requests": {"cpu": 1}})
    assert size_of("jobmanager", Resource(cpu=9, memory="9g"), requirements, V1_20).options == {"kubernetes.jobmanager.cpu.amount": "1.0"}


def test_flink_1_16_is_told_its_older_name_of_the_cpu_too() -> None:
    options = size_of("jobmanager", Resource(cpu=1), None, V1_16).options
    assert options == {"kubernetes.jobmanager.cpu.amount": "1.0", "kubernetes.jobmanager.cpu": "1.0"}


@given(st.integers(1, 64 * 1024), st.integers(0, 64 * 1024))
def test_the_limit_that_flink_computes_is_the_one_that_was_asked_for(request: int, more: int) -> None:
    """Flink multiplies whole MiB with the factor, and rounds down."""
    raw = {"requests": {"memory": f"{request}Mi"}, "limits": {"memory": f"{request + more}Mi"}}
    options = size_of("taskmanager", None, ResourceRequirements.model_validate(raw), V1_20).options
    limit = int(parse_memory(options[MEMORY]) // 1024**2 * float(options[MEMORY_FACTOR]))
    assert limit == request + more
