"""The Flink options that the operator reads, under every name that Flink 1.16 to 2.3 knows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flinkop.flinkconf import flinkoptions
from flinkop.flinkconf.flinkoptions import (
    ALL,
    BLOB_SERVER_PORT,
    CHECKPOINT_DIRECTORY,
    CHECKPOINT_INTERVAL,
    CHECKPOINT_TIMEOUT,
    HA_STORAGE_DIRECTORY,
    HIGH_AVAILABILITY,
    JOBMANAGER_CPU,
    JOBMANAGER_TOLERATIONS,
    NEW_NAMES,
    PARALLELISM,
    PINNED_JOB_ID,
    REST_PORT,
    REST_SERVICE_TYPE,
    SAVEPOINT_DIRECTORY,
    SECRET_VARIABLES,
    SECRETS,
    TASK_SLOTS,
)
from flinkop.flinkconf.highavailability import is_ha, is_kubernetes_ha
from flinkop.flinkconf.option import InvalidOption, Option
from flinkop.redaction import is_sensitive

NAMES: dict[str, tuple[Option[Any], str, object]] = {
    "high-availability.type": (HIGH_AVAILABILITY, "kubernetes", "kubernetes"),
    "high-availability": (HIGH_AVAILABILITY, "kubernetes", "kubernetes"),
    "high-availability.storageDir": (HA_STORAGE_DIRECTORY, " s3://ha ", "s3://ha"),
    "high-availability.zookeeper.storageDir": (HA_STORAGE_DIRECTORY, "s3://ha", "s3://ha"),
    "execution.checkpointing.dir": (CHECKPOINT_DIRECTORY, "s3://c", "s3://c"),
    "state.checkpoints.dir": (CHECKPOINT_DIRECTORY, "s3://c", "s3://c"),
    "state.backend.fs.checkpointdir": (CHECKPOINT_DIRECTORY, "", None),
    "execution.checkpointing.savepoint-dir": (SAVEPOINT_DIRECTORY, "s3://s", "s3://s"),
    "state.savepoints.dir": (SAVEPOINT_DIRECTORY, "s3://s", "s3://s"),
    "execution.checkpointing.interval": (CHECKPOINT_INTERVAL, "60000", timedelta(minutes=1)),
    "execution.checkpointing.timeout": (CHECKPOINT_TIMEOUT, "1 min", timedelta(minutes=1)),
    "taskmanager.numberOfTaskSlots": (TASK_SLOTS, "4", 4),
    "parallelism.default": (PARALLELISM, "3", 3),
    "rest.port": (REST_PORT, "9091", 9091),
    "web.port": (REST_PORT, "9091", 9091),
    "kubernetes.jobmanager.cpu.amount": (JOBMANAGER_CPU, "0.5", 0.5),
    "kubernetes.jobmanager.cpu": (JOBMANAGER_CPU, "0.5", 0.5),
}


@pytest.mark.parametrize(("key", "row"), NAMES.items(), ids=NAMES.keys())
def test_each_name_is_read(key: str, row: tuple[Option[Any], str, object]) -> None:
    option, text, value = row
    assert option.read({key: text}) == value


def test_the_list_of_all_options_is_complete() -> None:
    found = [value for value in vars(flinkoptions).values() if isinstance(value, Option)]
    assert sorted(option.key for option in ALL) == sorted(option.key for option in found)


SENSITIVE = [option for option in ALL if is_sensitive(option.key)]


@pytest.mark.parametrize("option", SENSITIVE, ids=[option.key for option in SENSITIVE])
def test_an_option_whose_name_is_sensitive_does_not_show_its_value(option: Option[Any]) -> None:
    with pytest.raises(InvalidOption) as refused:
        option.read({option.key: "'s3cr3t"})
    assert "s3cr3t" not in str(refused.value)


REFUSED: dict[str, tuple[Option[Any], str, str]] = {
    "no slots": (TASK_SLOTS, "0", "'0' is too few; write 1 or more"),
    "a port range": (BLOB_SERVER_PORT, "50100-50200", "'50100-50200' is not a port; write one number up to 65535, no range"),
    "a job id that is too short": (PINNED_JOB_ID, "abc", "is not a job id; write 32 hexadecimal digits, or leave it out"),
    "a toleration for no number of seconds": (
        JOBMANAGER_TOLERATIONS,
        "key:k,tolerationSeconds:soon",
        "has tolerationSeconds that are not a number; write for example tolerationSeconds:60",
    ),
    "a variable without a key": (
        SECRET_VARIABLES,
        "env:E,secret:s",
        "is not a list of variables; write env:NAME,secret:name,key:key for each, with semicolons between them",
    ),
    "a kind of service that is none": (
        REST_SERVICE_TYPE,
        "Public",
        "'Public' is not one of the values; write CLUSTERIP or NODEPORT or LOADBALANCER or HEADLESS_CLUSTERIP",
    ),
}


@pytest.mark.parametrize(("option", "text", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_a_value_that_flink_or_kubernetes_would_refuse_is_refused_with_what_to_write(option: Option[Any], text: str, problem: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        option.read({option.key: text})
    assert refused.value.problem == problem


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        (PINNED_JOB_ID, "ABCDEF0123456789abcdef0123456789", "abcdef0123456789abcdef0123456789"),
        (PINNED_JOB_ID, " ", None),
        (REST_SERVICE_TYPE, "loadbalancer", "LoadBalancer"),
        (
            SECRET_VARIABLES,
            "env:A,secret:s,key:k;env:B,secret:s,key:l",
            [{"env": "A", "secret": "s", "key": "k"}, {"env": "B", "secret": "s", "key": "l"}],
        ),
        (JOBMANAGER_TOLERATIONS, "key:k,operator:Exists", [{"key": "k", "operator": "Exists"}]),
        (SECRETS, "s:/etc/s", {"s": "/etc/s"}),
    ],
)
def test_structured_options_are_read(option: Option[Any], text: str, value: object) -> None:
    assert option.read({option.key: text}) == value


def test_every_renamed_option_still_has_its_old_name() -> None:
    by_key = {option.key: option for option in ALL}
    assert all(old_name in by_key[key].fallback_keys for key, (_, old_name) in NEW_NAMES.items())


FACTORY = "org.apache.flink.kubernetes.highavailability.KubernetesHaServicesFactory"


@pytest.mark.parametrize(
    ("mode", "on", "kubernetes"),
    [
        (None, False, False),
        ("none", False, False),
        ("NONE", False, False),
        ("kubernetes", True, True),
        ("KUBERNETES", True, True),
        (FACTORY, True, True),
        ("zookeeper", True, False),
        ("com.example.Factory", True, False),
    ],
)
def test_high_availability_is_anything_but_none(mode: str | None, on: bool, kubernetes: bool) -> None:
    conf = {} if mode is None else {"high-availability.type": mode}
    assert (is_ha(conf), is_kubernetes_ha(conf)) == (on, kubernetes)
