"""The operator's options keep the names and defaults of the established operator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flinkop.flinkconf import operatoroptions
from flinkop.flinkconf.establishedoptions import NOT_APPLICABLE, NOT_YET, NOT_YET_PREFIXES, PREFIX, reason_against
from flinkop.flinkconf.operatoroptions import (
    ALL,
    ARTIFACT_FILE_DIRECTORIES,
    ARTIFACT_HEADERS,
    ARTIFACT_SCHEMES,
    PERIODIC_CHECKPOINT_INTERVAL,
    PERIODIC_SAVEPOINT_INTERVAL,
    SYSTEM_KEYS,
    WATCHED_NAMESPACES,
    CheckpointType,
    SavepointFormat,
    unknown_keys,
)
from flinkop.flinkconf.option import InvalidOption, Option
from flinkop.flinkconf.schedule import Cron, Every, Schedule
from flinkop.redaction import is_sensitive

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)

# The established operator's option table.
ESTABLISHED_DEFAULTS: dict[str, object] = {
    "reconcile.interval": MINUTE,
    "observer.progress-check.interval": 10 * SECOND,
    "observer.rest-ready.delay": 10 * SECOND,
    "reconcile.parallelism": 50,
    "flink.client.timeout": 10 * SECOND,
    "flink.client.cancel.timeout": MINUTE,
    "resource.cleanup.timeout": 5 * MINUTE,
    "termination.timeout": 10 * SECOND,
    "retry.initial.interval": 5 * SECOND,
    "retry.interval.multiplier": 1.5,
    "retry.max.interval": None,
    "watched.namespaces": (),
    "label.selector": None,
    "leader-election.enabled": False,
    "leader-election.lease-name": None,
    "leader-election.lease-duration": 15 * SECOND,
    "leader-election.renew-deadline": 10 * SECOND,
    "leader-election.retry-period": 2 * SECOND,
    "health.probe.enabled": True,
    "health.probe.port": 8085,
    "resource.metrics.enabled": True,
    "dynamic.config.enabled": True,
    "ingress.manage": True,
    "deployment.rollback.enabled": False,
    "job.restart.failed": False,
    "job.upgrade.inplace-scaling.enabled": True,
    "cluster.health-check.enabled": False,
    "cluster.health-check.restarts.threshold": 64,
    "cluster.health-check.restarts.window": 2 * MINUTE,
    "cluster.health-check.checkpoint-progress.enabled": True,
    "cluster.health-check.checkpoint-progress.window": None,
    "session.deletion.block-on-session-jobs": True,
    "session.deletion.block-on-unmanaged-jobs": True,
    "dynamic.config.check.interval": 5 * MINUTE,
    "deployment.readiness.timeout": 5 * MINUTE,
    "jm-deployment.startup.probe.enabled": True,
    "jm-deployment-recovery.enabled": True,
    "jm-deployment.shutdown-ttl": timedelta(days=1),
    "job.upgrade.last-state-fallback.enabled": True,
    "job.upgrade.last-state.max.allowed.checkpoint.age": None,
    "job.upgrade.last-state.job-cancel.enabled": False,
    "job.savepoint-on-deletion": False,
    "job.drain-on-savepoint-deletion": False,
    "snapshot.resource.enabled": True,
    "savepoint.dispose-on-delete": False,
    "savepoint.format.type": SavepointFormat.CANONICAL,
    "periodic.savepoint.interval": None,
    "savepoint.trigger.grace-period": timedelta(minutes=1),
    "job.upgrade.ignore-pending-savepoint": False,
    "savepoint.cleanup.enabled": True,
    "savepoint.history.max.count": 10,
    "savepoint.history.max.age": timedelta(days=1),
    "savepoint.history.max.count.threshold": None,
    "savepoint.history.max.age.threshold": None,
    "periodic.checkpoint.interval": None,
    "checkpoint.type": CheckpointType.FULL,
    "checkpoint.trigger.grace-period": timedelta(minutes=1),
    "pod-template.merge-arrays-by-name": False,
    "job.submission.timeout": 10 * MINUTE,
    "user.artifacts.allowed-schemes": ("https",),
    "user.artifacts.base.dir": "/opt/flink/artifacts",
    "user.artifacts.disallow-restricted-hosts": True,
    "user.artifacts.http.header": {},
    "events.exceptions.limit-per-reconciliation": 10,
    "events.exceptions.stacktrace-lines": 5,
}

OWN_DEFAULTS: dict[str, object] = {
    "job.metrics.prometheus.enabled": False,
    "resource.metrics.limit": 5000,
    "resource.metrics.established-names.enabled": False,
    "user.artifacts.headers-from": None,
    "user.artifacts.max-size": 512 * 1024 * 1024,
    "user.artifacts.file-directories": (),
    "flink.log.format": "text",
    "log.level": None,
    "log.format": None,
    "log.established-lines": False,
    "sql-runner.image": None,
}


def test_every_option_has_its_established_default() -> None:
    assert {option.key.removeprefix(PREFIX): option.default for option in ALL} == ESTABLISHED_DEFAULTS | OWN_DEFAULTS


def test_the_list_of_all_options_is_complete() -> None:
    found = [value for value in vars(operatoroptions).values() if isinstance(value, Option)]
    assert sorted(option.key for option in ALL) == sorted(option.key for option in found)


@pytest.mark.parametrize("option", [PERIODIC_SAVEPOINT_INTERVAL, PERIODIC_CHECKPOINT_INTERVAL], ids=lambda option: option.key)
def test_what_is_periodic_has_an_interval_or_a_cron_expression(option: Option[Schedule | None]) -> None:
    assert option.read({option.key: "2 h"}) == Every(timedelta(hours=2))
    assert isinstance(option.read({option.key: "0 0 * * * ?"}), Cron)
    assert option.read({option.key: ""}) is None
    with pytest.raises(InvalidOption, match=rf"{option.key}: '0 0 \* \* \*' is not a cron expression of Quartz: it has 5 fields"):
        option.read({option.key: "0 0 * * *"})


@pytest.mark.parametrize("option", ALL, ids=lambda option: option.key)
def test_every_option_is_described_and_only_headers_hold_secrets(option: Option[Any]) -> None:
    assert option.description.endswith((".", "NATIVE."))
    assert any(is_sensitive(key) for key in (option.key, *option.fallback_keys)) is (option is ARTIFACT_HEADERS)


def test_no_option_is_both_built_and_missing() -> None:
    names = {name for option in ALL for name in (option.key, *option.fallback_keys)}
    assert not NOT_YET & names
    assert not [name for name in names if name.startswith(NOT_YET_PREFIXES) or reason_against(name)]
    assert not [name for name in NOT_YET if reason_against(name)]


@pytest.mark.parametrize("reason", NOT_APPLICABLE.values(), ids=NOT_APPLICABLE.keys())
def test_a_reason_is_one_part_of_a_sentence(reason: str) -> None:
    assert "; " not in reason  # what follows a semicolon is taken for the remedy
    assert not reason.endswith(".")


def test_a_name_that_only_begins_like_an_option_is_another_one() -> None:
    assert reason_against(f"{PREFIX}jvm.metrics.enabled") is not None
    assert reason_against(f"{PREFIX}jvm.metrics.enabled.too") is None
    assert reason_against(f"{PREFIX}metrics") is None


def test_timeouts_of_the_operator_cannot_be_set_by_a_resource() -> None:
    assert f"{PREFIX}flink.client.timeout" in SYSTEM_KEYS
    assert f"{PREFIX}observer.flink.client.timeout" in SYSTEM_KEYS
    assert f"{PREFIX}deployment.readiness.timeout" not in SYSTEM_KEYS


@pytest.mark.parametrize(
    ("text", "namespaces"),
    [("a, b,", ("a", "b")), ("", ()), ("JOSDK_ALL_NAMESPACES", ())],
    ids=["a list", "nothing", "the established word for all"],
)
def test_watched_namespaces_are_a_list_or_all(text: str, namespaces: tuple[str, ...]) -> None:
    assert WATCHED_NAMESPACES.read({WATCHED_NAMESPACES.key: text}) == namespaces


def test_the_schemes_and_directories_of_artifacts_are_lists() -> None:
    assert ARTIFACT_SCHEMES.read({ARTIFACT_SCHEMES.key: "HTTPS; s3"}) == ("https", "s3")
    assert ARTIFACT_FILE_DIRECTORIES.read({ARTIFACT_FILE_DIRECTORIES.key: "/a;/b"}) == ("/a", "/b")
    with pytest.raises(InvalidOption, match="'jars' is not an absolute path; write for example /opt/jars"):
        ARTIFACT_FILE_DIRECTORIES.read({ARTIFACT_FILE_DIRECTORIES.key: "jars"})


def test_headers_are_a_map_in_both_forms() -> None:
    assert ARTIFACT_HEADERS.read({ARTIFACT_HEADERS.key: "X-A:1,X-B:2"}) == {"X-A": "1", "X-B": "2"}
    assert ARTIFACT_HEADERS.read({f"{ARTIFACT_HEADERS.key}.X-A": "1"}) == {"X-A": "1"}


UNKNOWN: dict[str, tuple[str, str | None]] = {
    "an option": (f"{PREFIX}reconcile.interval", None),
    "an older name": (f"{PREFIX}reconciler.max.parallelism", None),
    "a pair of a map": (f"{PREFIX}user.artifacts.http.header.X-A", None),
    "one of Flink's": ("state.backend.type", None),
    "a typing error": (f"{PREFIX}reconcile.intervall", f"is not an option; did you mean {PREFIX}reconcile.interval?"),
    "made up": (f"{PREFIX}xyz", "is not an option; remove it, or look it up in the documentation"),
    "not built yet": (f"{PREFIX}exception.label.mapper", "is an option of the established operator that this one does not have yet"),
    "a family not built yet": (
        f"{PREFIX}bluegreen.abort.grace-period",
        "is an option of the established operator that this one does not have yet",
    ),
    "not applicable": (
        f"{PREFIX}jvm.metrics.enabled",
        "is an option of the established operator that does not apply here: "
        "there is no Java virtual machine, and the process is always measured; leave it out",
    ),
    "a family not applicable": (
        f"{PREFIX}plugins.listeners.mine.class",
        "is an option of the established operator that does not apply here: "
        "a listener is a Java class, and this operator runs no Java; leave it out",
    ),
    "not applicable, in a family not built yet": (
        f"{PREFIX}metrics.scope.k8soperator.system",
        "is an option of the established operator that does not apply here: ",
    ),
    "not applicable, as a default for a namespace": (
        f"{PREFIX}default-configuration.namespace.ns1.{PREFIX}jvm.metrics.enabled",
        "is an option of the established operator that does not apply here: ",
    ),
    "of a program of its own": (
        "autoscaler.standalone.jdbc.url",
        "is an option of the established operator that does not apply here: ",
    ),
    "the autoscaler's": ("job.autoscaler.enabled", "is an option of the established operator"),
    "the autoscaler's older name": (f"{PREFIX}job.autoscaler.enabled", "is an option of the established operator"),
    "a default for a namespace": (f"{PREFIX}default-configuration.namespace.ns1.state.backend.type", None),
    "a default for a version": (f"{PREFIX}default-configuration.flink-version.v1_18+.{PREFIX}reconcile.interval", None),
    "a made-up default": (f"{PREFIX}default-configuration.namespace.ns1.{PREFIX}xyz", "is not an option"),
}


@pytest.mark.parametrize(("key", "text"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_keys_without_effect_are_named(key: str, text: str | None) -> None:
    sentences = unknown_keys({key: "value"})
    assert [sentence.startswith(f"{key}: {text}") for sentence in sentences] == ([] if text is None else [True])
