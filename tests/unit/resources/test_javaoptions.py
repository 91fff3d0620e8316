"""The module options of Java 17, which the mounted configuration hides."""

from __future__ import annotations

import pytest
from tests.unit.resources.cluster import V1_16, V1_17, V1_18, V1_19, V1_20, V2_0, V2_3

from flinkop.api.flinkversion import FlinkVersion
from flinkop.resources.javaoptions import default_java_options

ALL, DEFAULTS = "env.java.opts.all", "env.java.default-opts.all"


@pytest.mark.parametrize(
    ("version", "keys"),
    [(V1_16, []), (V1_17, []), (V1_18, [ALL]), (V1_19, [DEFAULTS]), (V1_20, [DEFAULTS]), (V2_0, [DEFAULTS]), (V2_3, [DEFAULTS])],
    ids=str,
)
def test_each_version_has_its_key(version: FlinkVersion, keys: list[str]) -> None:
    assert list(default_java_options(version, {})) == keys


@pytest.mark.parametrize(("version", "exports"), [(V1_18, 3), (V1_20, 3), (V2_0, 2), (V2_3, 2)], ids=str)
def test_packages_are_opened_to_everybody(version: FlinkVersion, exports: int) -> None:
    (text,) = default_java_options(version, {}).values()
    words = text.split(" ")
    assert all(word.endswith("=ALL-UNNAMED") for word in words)
    assert [word.startswith("--add-exports=") for word in words] == [True] * exports + [False] * 12
    assert all(word.startswith("--add-opens=java.base/") for word in words[exports:])
    assert ("--add-exports=java.base/sun.net.util=ALL-UNNAMED" in words) is (exports == 3)


@pytest.mark.parametrize("key", ["env.java.opts.all", "env.java.opts"])
def test_flink_1_18_gets_the_users_options_after_these(key: str) -> None:
    """It has one key for both, of which it reads the new name first."""
    plain = default_java_options(V1_18, {})[ALL]
    assert default_java_options(V1_18, {key: "-Dmine"}) == {ALL: f"{plain} -Dmine"}


def test_flink_1_18_gets_the_options_that_it_would_read() -> None:
    assert default_java_options(V1_18, {"env.java.opts.all": "-Dnew", "env.java.opts": "-Dold"})[ALL].endswith(" -Dnew")


def test_later_versions_keep_the_users_options_beside_these() -> None:
    assert default_java_options(V1_19, {"env.java.opts.all": "-Dmine"}) == default_java_options(V1_19, {})


def test_defaults_of_the_user_stay() -> None:
    assert default_java_options(V1_20, {DEFAULTS: "-Dmine"}) == {}
