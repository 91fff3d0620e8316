"""Configurations in layers: what wins, and what is said of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.api.flinkversion import KNOWN_VERSIONS, FlinkVersion
from flinkop.flinkconf.layers import Given, Layer, Setting, explain, merge

V1_16, V1_20 = FlinkVersion(1, 16), FlinkVersion(1, 20)
NEW, OLD = "execution.checkpointing.savepoint-dir", "state.savepoints.dir"
NEW_HA, OLD_HA, OLDEST_HA = "high-availability.type", "high-availability", "recovery.mode"
NEW_OURS = "kubernetes.operator.session.deletion.block-on-unmanaged-jobs"
OLD_OURS = "kubernetes.operator.session.block-on-unmanaged-jobs"


def layers(*confs: dict[str, str]) -> list[Layer]:
    """Layers named a, b, c, the weakest first."""
    return [Layer(source, conf) for source, conf in zip("abc", confs, strict=False)]


@pytest.mark.parametrize(
    ("version", "weaker", "stronger", "merged"),
    [
        pytest.param(V1_20, {"k": "1", "l": "1"}, {"k": "2"}, {"k": "2", "l": "1"}, id="the same name"),
        pytest.param(V1_20, {NEW: "1"}, {OLD: "2"}, {OLD: "2"}, id="the old name over the new one"),
        pytest.param(V1_20, {OLD: "1"}, {NEW: "2"}, {NEW: "2"}, id="the new name over the old one"),
        pytest.param(V1_20, {OLDEST_HA: "1", NEW_HA: "1"}, {OLD_HA: "2"}, {OLD_HA: "2"}, id="one name over two others"),
        pytest.param(V1_20, {NEW_OURS: "1"}, {OLD_OURS: "2"}, {OLD_OURS: "2"}, id="an option of the operator"),
        pytest.param(V1_20, {}, {NEW: "1", OLD: "2"}, {NEW: "1", OLD: "2"}, id="both names in one layer"),
        pytest.param(V1_16, {OLD_HA: "1"}, {NEW_HA: "2"}, {OLD_HA: "1", NEW_HA: "2"}, id="a name that Flink does not know hides nothing"),
        pytest.param(V1_16, {NEW_HA: "1"}, {OLD_HA: "2"}, {OLD_HA: "2"}, id="the name that Flink knows hides"),
    ],
)
def test_the_stronger_layer_wins_under_whichever_name(
    version: FlinkVersion, weaker: dict[str, str], stronger: dict[str, str], merged: dict[str, str]
) -> None:
    assert merge(layers(weaker, stronger), version) == merged


def test_what_was_won_over_is_told_the_strongest_first_with_the_name_it_had() -> None:
    assert explain(layers({NEW: "1"}, {OLD: "2"}, {NEW: "3"}), V1_20) == (
        Setting(NEW, "3", "c", (Given("b", OLD, "2"), Given("a", NEW, "1"))),
    )


def test_a_layer_that_gives_way_is_the_weakest() -> None:
    found = [*layers({"k": "1"}, {"k": "2"}), Layer("default", {"k": "0", "l": "0"}, gives_way=True)]

    assert explain(found, V1_20) == (
        Setting("k", "2", "b", (Given("a", "k", "1"), Given("default", "k", "0"))),
        Setting("l", "0", "default"),
    )


NAMES = st.sampled_from((NEW, OLD, NEW_HA, OLD_HA, OLDEST_HA, NEW_OURS, OLD_OURS, "k"))
CONFS = st.dictionaries(NAMES, st.sampled_from("12"), max_size=5)
SOURCES = st.sampled_from("abcd")


@given(st.lists(st.builds(Layer, SOURCES, CONFS, st.booleans()), max_size=5), st.sampled_from(KNOWN_VERSIONS))
def test_the_explanation_has_the_values_that_hold(found: list[Layer], version: FlinkVersion) -> None:
    settings = explain(found, version)

    assert {setting.key: setting.value for setting in settings} == merge(found, version)
    assert [setting.key for setting in settings] == sorted({setting.key for setting in settings})


@given(st.lists(st.builds(Layer, SOURCES, CONFS, st.booleans()), max_size=5), st.sampled_from(KNOWN_VERSIONS))
def test_every_source_said_what_is_told_of_it(found: list[Layer], version: FlinkVersion) -> None:
    said = {(layer.source, key, value) for layer in found for key, value in layer.conf.items()}

    for setting in explain(found, version):
        told = [Given(setting.source, setting.key, setting.value), *setting.overridden]
        assert {(given.source, given.key, given.value) for given in told} <= said
