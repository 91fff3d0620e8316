"""The operator's configuration: where it comes from, what wins, and what is refused at the start."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flinkop.api.flinkversion import FlinkVersion
from flinkop.config import OperatorConfig, load_config
from flinkop.errors import InvalidConfiguration
from flinkop.flinkconf import operatoroptions

V1_18, V1_20, V2_2 = (FlinkVersion.parse(text) for text in ("v1_18", "v1_20", "v2_2"))
OPERATOR = "kubernetes.operator."
BY_NAMESPACE = f"{OPERATOR}default-configuration.namespace."
RETRY_PERIOD = f"{OPERATOR}leader-election.retry-period"
BY_VERSION = f"{OPERATOR}default-configuration.flink-version."


def a_directory(path: Path, **files: str) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / name.replace("_", ".")).write_text(text)
    return path


def a_config(**conf: str) -> OperatorConfig:
    return load_config({}, defaults=conf)


def test_without_files_the_defaults_of_the_options_hold() -> None:
    config = load_config({})

    assert config.reconcile_interval == timedelta(minutes=1)
    assert config.watched_namespaces == ()
    assert config.health_probe_port == 8085
    assert not config.leader_election
    assert config.operator_name == "flinkop"


def test_every_system_option_is_a_property_of_the_same_value() -> None:
    properties = {item._option.key for item in vars(OperatorConfig).values() if hasattr(item, "_option")}

    assert properties == {option.key for option in operatoroptions.ALL if option.system_only and option not in operatoroptions.TOLERATED}


@pytest.mark.parametrize(
    ("files", "parallelism"),
    [
        pytest.param({"config_yaml": f"{OPERATOR}reconcile.parallelism: 7"}, 7, id="config.yaml, flat"),
        pytest.param({"config_yaml": "kubernetes:\n  operator:\n    reconcile.parallelism: 8"}, 8, id="config.yaml, nested"),
        pytest.param({"flink-conf_yaml": f"{OPERATOR}reconcile.parallelism: 9"}, 9, id="flink-conf.yaml"),
        pytest.param(
            {"flink-conf_yaml": f"{OPERATOR}reconcile.parallelism: 9", "config_yaml": f"{OPERATOR}reconcile.parallelism: 7"},
            9,
            id="both: flink-conf.yaml wins, as in Flink 1.20",
        ),
        pytest.param({"other_yaml": "a: b"}, 50, id="neither"),
    ],
)
def test_the_file_in_the_directory_is_read(tmp_path: Path, files: dict[str, str], parallelism: int) -> None:
    directory = a_directory(tmp_path / "conf", **files)

    assert load_config({"FLINK_CONF_DIR": str(directory)}).reconcile_parallelism == parallelism
    assert load_config({}, directory).reconcile_parallelism == parallelism


def test_each_source_wins_over_the_one_before_it(tmp_path: Path) -> None:
    mounted = a_directory(tmp_path / "mounted", config_yaml=f"a: mounted\nb: mounted\nc: mounted\n{OPERATOR}watched.namespaces: mounted")
    override = a_directory(tmp_path / "override", config_yaml="b: override\nc: override")
    environment = {"FLINK_CONF_DIR": str(mounted), "CONF_OVERRIDE_DIR": str(override), "WATCH_NAMESPACES": "east,west"}

    config = load_config(environment, defaults={"a": "default", "d": "default"})

    assert {key: config.base[key] for key in "abcd"} == {"a": "mounted", "b": "override", "c": "override", "d": "default"}
    assert config.watched_namespaces == ("east", "west")


def test_the_directory_given_by_hand_wins_over_the_environment(tmp_path: Path) -> None:
    by_hand = a_directory(tmp_path / "by-hand", config_yaml="a: by-hand")

    assert load_config({"FLINK_CONF_DIR": "/does/not/exist"}, by_hand).base["a"] == "by-hand"


@pytest.mark.parametrize(
    ("namespace", "version", "expected"),
    [
        ("other", V1_18, {"plain": "base", "a": "base", "b": "base", "c": "base", "d": "1.17+"}),
        ("team", V1_18, {"plain": "base", "a": "team", "b": "team", "c": "team", "d": "1.17+"}),
        ("team", V1_20, {"plain": "base", "a": "team", "b": "1.19+", "c": "1.20", "d": "1.20"}),
        ("team", V2_2, {"plain": "base", "a": "team", "b": "2.0+", "c": "2.0+", "d": "2.0+"}),
    ],
    ids=["no namespace of its own", "namespace over base", "exact version over ascending ones", "later major version"],
)
def test_the_nearest_default_wins(namespace: str, version: FlinkVersion, expected: dict[str, str]) -> None:
    config = a_config(
        **{
            **dict.fromkeys(["plain", "a", "b", "c"], "base"),
            **{f"{BY_NAMESPACE}team.{key}": "team" for key in "abc"},
            **{f"{BY_VERSION}v2_0+.{key}": "2.0+" for key in "bcd"},
            **{f"{BY_VERSION}v1_20.{key}": "1.20" for key in "cd"},
            **{f"{BY_VERSION}v1_19+.{key}": "1.19+" for key in "bcd"},
            **{f"{BY_VERSION}v1_17+.d": "1.17+"},
        }
    )

    assert config.defaults_for(namespace, version) == expected


def test_every_key_that_is_not_for_one_namespace_or_version_is_a_default_for_all_clusters() -> None:
    config = a_config(**{"taskmanager.numberOfTaskSlots": "4", f"{OPERATOR}savepoint.format.type": "NATIVE"})

    assert config.defaults_for("any", V1_20) == {"taskmanager.numberOfTaskSlots": "4", f"{OPERATOR}savepoint.format.type": "NATIVE"}


@pytest.mark.parametrize(
    ("conf", "culprits"),
    [
        pytest.param({f"{OPERATOR}reconcile.interval": "soon"}, [f"{OPERATOR}reconcile.interval"], id="system option"),
        pytest.param({f"{OPERATOR}savepoint.format.type": "X"}, [f"{OPERATOR}savepoint.format.type"], id="resource option"),
        pytest.param(
            {f"{BY_NAMESPACE}team.{OPERATOR}savepoint.format.type": "X"},
            [f"{BY_NAMESPACE}team.{OPERATOR}savepoint.format.type"],
            id="default of a namespace",
        ),
        pytest.param(
            {f"{OPERATOR}reconcile.interval": "soon", f"{OPERATOR}reconcile.parallelism": "many"},
            [f"{OPERATOR}reconcile.interval", f"{OPERATOR}reconcile.parallelism"],
            id="two at once",
        ),
        pytest.param(
            {f"{OPERATOR}leader-election.renew-deadline": "1 min"},
            [f"{OPERATOR}leader-election.lease-duration > {OPERATOR}leader-election.renew-deadline > {RETRY_PERIOD} > 0"],
            id="a lease that runs out before the leader gives up",
        ),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(conf: dict[str, str], culprits: list[str]) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        load_config({}, defaults=conf)

    assert [text.partition(":")[0] for text in str(caught.value).split("; ") if text.startswith(OPERATOR)] == culprits


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(b"a: [", "config.yaml: is not YAML", id="not YAML"),
        pytest.param(b"s3.secret-key: hunter2\ns3.secret-key: hunter3", "has the key s3.secret-key twice", id="a key twice"),
        pytest.param(b"\xff\xfe", "config.yaml: cannot be read: is not UTF-8 text", id="not text"),
    ],
)
def test_an_unreadable_file_is_named_without_its_content(tmp_path: Path, content: bytes, complaint: str) -> None:
    (tmp_path / "config.yaml").write_bytes(content)

    with pytest.raises(InvalidConfiguration) as caught:
        load_config({}, tmp_path)

    assert complaint in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert "hunter" not in str(caught.value)


def test_a_directory_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidConfiguration, match="/does/not/exist: is not a directory"):
        load_config({"FLINK_CONF_DIR": "/does/not/exist"})


@pytest.mark.parametrize(
    ("key", "warning"),
    [
        (f"{OPERATOR}reconcile.intervall", "did you mean kubernetes.operator.reconcile.interval?"),
        (f"{OPERATOR}dynamic.namespaces.enabled", "does not have yet"),
        (f"{BY_VERSION}v1_99.a", "is not a Flink version"),
    ],
    ids=["unknown", "of the established operator", "unknown version"],
)
def test_a_key_without_effect_is_named_in_one_warning(key: str, warning: str) -> None:
    config = a_config(**{key: "true"})

    assert len(config.warnings) == 1
    assert key in config.warnings[0] or f"{BY_VERSION}v1_99" in config.warnings[0]
    assert warning in config.warnings[0]


def test_keys_of_flink_and_known_keys_give_no_warning() -> None:
    assert a_config(**{"any.flink.key": "x", f"{OPERATOR}reconciler.max.parallelism": "5"}).warnings == ()


def test_the_environment_says_who_the_operator_is() -> None:
    config = load_config({"OPERATOR_NAMESPACE": "ops", "OPERATOR_NAME": "mine", "POD_NAME": "mine-1"})

    assert (config.operator_namespace, config.operator_name, config.pod_name) == ("ops", "mine", "mine-1")


def test_log_configuration_files_are_taken_along_and_overridden_one_by_one(tmp_path: Path) -> None:
    mounted = a_directory(tmp_path / "a", **{"log4j-console_properties": "mounted", "logback-console_xml": "mounted"})
    override = a_directory(tmp_path / "b", **{"log4j-console_properties": "override"})

    config = load_config({"FLINK_CONF_DIR": str(mounted), "CONF_OVERRIDE_DIR": str(override)})

    assert config.log_files == {"log4j-console.properties": "override", "logback-console.xml": "mounted"}
