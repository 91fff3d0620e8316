"""What a change of the spec means. Source of the rules: official operator, spec diff (section 2.5 of its feature census)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flinkop.lifecycle.specdiff import NO_CHANGE, OVERRIDES, Effect, diff_spec, take_over

BASE: dict[str, Any] = {
    "image": "flink:1.20",
    "restartNonce": None,
    "flinkConfiguration": {"taskmanager.numberOfTaskSlots": "2"},
    "podTemplate": None,
    "jobManager": {"replicas": 1},
    "taskManager": {"replicas": None},
    "job": {"args": ["a"], "upgradeMode": "savepoint", "state": "running", "savepointRedeployNonce": None, "initialSavepointPath": None},
}


def changed(path: str, value: Any, base: dict[str, Any] = BASE) -> dict[str, Any]:
    """`base` with one field changed; `path` is a section and a key, or a key alone."""
    section, dot, key = path.partition(".")
    return {**base, section: {**base[section], key: value}} if dot else {**base, path: value}


@pytest.mark.parametrize(
    ("path", "value", "effect"),
    [
        pytest.param("image", "flink:1.21", Effect.UPGRADE, id="image"),
        pytest.param("job.args", ["b"], Effect.UPGRADE, id="arguments"),
        pytest.param("job.state", "suspended", Effect.UPGRADE, id="state"),
        pytest.param("restartNonce", 1, Effect.UPGRADE, id="restart nonce"),
        pytest.param("podTemplate", {"spec": {}, "metadata": {"labels": {"a": "b"}}}, Effect.UPGRADE, id="pod template"),
        pytest.param("jobManager.replicas", 2, Effect.UPGRADE, id="replicas"),
        pytest.param("flinkConfiguration.taskmanager.numberOfTaskSlots", "4", Effect.UPGRADE, id="a Flink option"),
        pytest.param("flinkConfiguration.kubernetes.operator.savepoint.format.type", "NATIVE", Effect.IGNORE, id="an operator option"),
        pytest.param("flinkConfiguration.job.autoscaler.enabled", "true", Effect.IGNORE, id="an autoscaler option"),
        pytest.param("flinkConfiguration.parallelism.default", "9", Effect.IGNORE, id="default parallelism"),
        pytest.param("job.upgradeMode", "stateless", Effect.IGNORE, id="upgrade mode"),
        pytest.param("job.allowNonRestoredState", True, Effect.IGNORE, id="allow non-restored state"),
        pytest.param("job.initialSavepointPath", "s3://x", Effect.IGNORE, id="initial savepoint path"),
        pytest.param("job.savepointTriggerNonce", 1, Effect.IGNORE, id="savepoint nonce"),
        pytest.param("job.checkpointTriggerNonce", 1, Effect.IGNORE, id="checkpoint nonce"),
        pytest.param("job.autoscalerResetNonce", 1, Effect.IGNORE, id="autoscaler nonce"),
        pytest.param("job.savepointRedeployNonce", 1, Effect.SAVEPOINT_REDEPLOY, id="redeploy nonce"),
    ],
)
def test_a_change_has_the_effect_that_its_field_has(path: str, value: Any, effect: Effect) -> None:
    change = diff_spec(BASE, changed(path, value))

    assert (change.effect, change.paths) == (effect, (path,))


@pytest.mark.parametrize("path", ["restartNonce", "job.savepointRedeployNonce"])
def test_a_nonce_that_is_removed_asks_for_nothing(path: str) -> None:
    assert diff_spec(changed(path, 3), BASE).effect is Effect.IGNORE


def test_the_largest_effect_wins_and_every_path_is_named() -> None:
    after = changed("image", "new", changed("job.upgradeMode", "stateless", changed("job.savepointRedeployNonce", 1)))

    change = diff_spec(BASE, after)
    assert (change.effect, change.paths) == (Effect.SAVEPOINT_REDEPLOY, ("image", "job.savepointRedeployNonce", "job.upgradeMode"))


@pytest.mark.parametrize("empty", [None, {}, []])
def test_nothing_written_in_another_way_is_no_change(empty: object) -> None:
    assert diff_spec(BASE, changed("podTemplate", empty)) == NO_CHANGE


def test_a_pod_template_is_named_as_a_whole() -> None:
    before = changed("podTemplate", {"spec": {"nodeName": "a"}})
    assert diff_spec(before, changed("podTemplate", {"spec": {"nodeName": "b"}})).paths == ("podTemplate",)


OVERRIDE = f"flinkConfiguration.{OVERRIDES}"


@pytest.mark.parametrize(
    ("path", "native", "standalone"),
    [
        pytest.param(OVERRIDE, Effect.SCALE, Effect.UPGRADE, id="parallelism of single vertices"),
        pytest.param(f"{OVERRIDE}.abc", Effect.SCALE, Effect.UPGRADE, id="one of them, in nested form"),
        pytest.param("job.parallelism", Effect.UPGRADE, Effect.SCALE, id="parallelism"),
        pytest.param("taskManager.replicas", Effect.UPGRADE, Effect.SCALE, id="TaskManagers"),
        pytest.param("image", Effect.UPGRADE, Effect.UPGRADE, id="anything else"),
    ],
)
def test_what_scales_depends_on_the_mode(path: str, native: Effect, standalone: Effect) -> None:
    assert diff_spec(BASE, changed(path, "7")).effect is native
    before = changed("mode", "standalone")
    assert diff_spec(before, changed(path, "7", before)).effect is standalone


def test_what_scales_is_taken_over_only_where_that_is_asked_for() -> None:
    before = changed("mode", "standalone")
    after = changed("taskManager.replicas", 7, before)
    assert take_over(before, after, Effect.IGNORE) == before
    assert take_over(before, after, Effect.SCALE) == after


# what is ignored is taken over


@pytest.mark.parametrize(
    ("path", "value", "taken"),
    [
        pytest.param("job.upgradeMode", "last-state", True, id="the upgrade mode"),
        pytest.param("flinkConfiguration.kubernetes.operator.jm-deployment-recovery.enabled", "false", True, id="a new operator option"),
        pytest.param("flinkConfiguration.state.backend", "rocksdb", False, id="a new Flink option"),
        pytest.param("image", "new", False, id="the image"),
        pytest.param("job.savepointRedeployNonce", 1, False, id="a request to redeploy"),
        pytest.param("podTemplate", {"spec": {"nodeName": "a"}}, False, id="a pod template"),
    ],
)
def test_only_what_does_not_concern_the_cluster_is_taken_over(path: str, value: Any, taken: bool) -> None:
    after = changed(path, value)

    assert take_over(BASE, after, Effect.IGNORE) == (after if taken else BASE)


def test_an_option_that_is_removed_is_gone() -> None:
    before = changed("flinkConfiguration.kubernetes.operator.reconcile.interval", "1 s")

    assert take_over(before, BASE, Effect.IGNORE) == BASE


def test_what_concerns_the_cluster_stays_as_it_is_beside_what_is_taken_over() -> None:
    after = changed("job.upgradeMode", "stateless", changed("job.args", ["b"], changed("flinkConfiguration.state.backend", "rocksdb")))

    assert take_over(BASE, after, Effect.IGNORE) == changed("job.upgradeMode", "stateless")


_CHANGES = st.lists(
    st.sampled_from(
        [
            ("image", "new"),
            ("restartNonce", 5),
            ("job.args", ["b"]),
            ("job.upgradeMode", "stateless"),
            ("job.savepointRedeployNonce", 2),
            ("flinkConfiguration.kubernetes.operator.x", "1"),
            ("flinkConfiguration.state.backend", "rocksdb"),
            ("podTemplate", {"spec": {"a": "b"}}),
        ]
    )
)


@settings(max_examples=60)
@given(_CHANGES, _CHANGES)
def test_after_taking_over_only_what_concerns_the_cluster_differs_and_that_as_before(one: list[Any], other: list[Any]) -> None:
    before, after = BASE, BASE
    for path, value in one:
        before = changed(path, value, before)
    for path, value in other:
        after = changed(path, value, after)

    rest = diff_spec(take_over(before, after, Effect.IGNORE), after)
    whole = diff_spec(before, after)
    assert rest.effect is not Effect.IGNORE
    assert (rest.effect if rest != NO_CHANGE else Effect.IGNORE) is max(whole.effect, Effect.IGNORE)
