"""Flink's two configuration files."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flinkop.api.delimited import TRIMMED
from flinkop.errors import InvalidSpec
from flinkop.flinkconf.syntax import read_config_yaml, read_flink_conf_yaml, write_config_yaml, write_flink_conf_yaml

# Files are UTF-8, which has no lone surrogates.
characters = st.characters(exclude_categories=["Cs"])
any_text = st.text(st.sampled_from("ab:#'\" ;,{}[]\n\t\x85\u2028\ufeffé😀\\") | characters)
keys = st.text(st.sampled_from("abc.-$_") | characters, min_size=1)
expressible_keys = keys.map(lambda key: key.strip(TRIMMED)).filter(lambda key: key and not set(key) & set("#\r\n") and ": " not in key)
expressible_values = any_text.map(lambda text: text.strip(TRIMMED)).filter(lambda text: text and not set(text) & set("#\r\n"))


@given(st.dictionaries(keys, any_text))
def test_config_yaml_reads_back_whatever_it_holds(conf: dict[str, str]) -> None:
    assert read_config_yaml(write_config_yaml(conf)) == conf


@given(st.dictionaries(keys, any_text))
def test_config_yaml_is_yaml_of_texts_to_anyone(conf: dict[str, str]) -> None:
    assert (yaml.safe_load(write_config_yaml(conf)) or {}) == conf


@given(st.dictionaries(expressible_keys, expressible_values))
def test_flink_conf_yaml_reads_back_what_it_can_express(conf: dict[str, str]) -> None:
    assert read_flink_conf_yaml(write_flink_conf_yaml(conf)) == conf


def test_config_yaml_is_flat_sorted_and_double_quoted() -> None:
    conf = {"state.backend.incremental": "true", "state.backend": "rocksdb", "a": 'x "y" #z: \\'}
    assert write_config_yaml(conf) == ('"a": "x \\"y\\" #z: \\\\"\n"state.backend": "rocksdb"\n"state.backend.incremental": "true"\n')


@pytest.mark.parametrize(
    ("path", "line"),
    [("/opt/java/openjdk-17", "env.java.home: /opt/java/openjdk-17\n"), ("/opt/my java", 'env.java.home: "/opt/my java"\n')],
    ids=["a simple path", "a path with blanks"],
)
def test_the_key_that_the_shell_scripts_read_is_not_quoted(path: str, line: str) -> None:
    assert write_config_yaml({"env.java.home": path}) == line


def test_flink_conf_yaml_is_sorted_lines() -> None:
    assert write_flink_conf_yaml({"b": "x: y", "a": " 1 ", "empty": "", "blank": "  "}) == "a: 1\nb: x: y\n"


INEXPRESSIBLE: dict[str, tuple[str, str, str]] = {
    "a comment sign": ("a", "secret#value", "'#'"),
    "a line break": ("a", "secret\nvalue", "line break"),
    "a carriage return": ("a", "secret\rvalue", "line break"),
    "a comment sign in the key": ("a#b", "secret", "key"),
    "a colon and a blank in the key": ("a: b", "secret", "key"),
    "a blank before the key": (" a", "secret", "key"),
    "an empty key": ("", "secret", "key"),
}


@pytest.mark.parametrize(("key", "value", "problem"), INEXPRESSIBLE.values(), ids=INEXPRESSIBLE.keys())
def test_what_flink_conf_yaml_cannot_express_is_refused_by_key(key: str, value: str, problem: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        write_flink_conf_yaml({key: value})
    assert str(refused.value).startswith(f"flinkConfiguration.{key}: ")
    assert problem in str(refused.value)
    assert "secret" not in str(refused.value)


def test_flink_conf_yaml_is_read_as_flink_reads_it() -> None:
    text = "# comment\na: 1\n\n  b :  2 # more\nno pair\nc:3\nd: x: y\na: 4\ne: \nf: 'q'\r\ng: v#w\n"
    assert read_flink_conf_yaml(text) == {"a": "4", "b": "2", "d": "x: y", "f": "'q'", "g": "v"}


CONFIG_YAML: dict[str, tuple[str, dict[str, str]]] = {
    "nested": ("state:\n  backend:\n    type: rocksdb\n", {"state.backend.type": "rocksdb"}),
    "flat and nested": ("a.b: 1\na:\n  c: 2\n", {"a.b": "1", "a.c": "2"}),
    "scalars stay as written": ("a: yes\nb: 1.50\nc: 0777\nd: true\n", {"a": "yes", "b": "1.50", "c": "0777", "d": "true"}),
    "lists": ("a: [x, 'y;z']\n", {"a": "x;'y;z'"}),
    "lists of maps": ("a:\n- {k: v, l: w}\n- {k: x}\n", {"a": "k:v,l:w;k:x"}),
    "nulls are not set": ("a:\nb: null\nc: ~\nd: 'null'\n", {"d": "null"}),
    "an empty file": ("", {}),
    "only comments": ("# nothing\n", {}),
}


@pytest.mark.parametrize(("text", "conf"), CONFIG_YAML.values(), ids=CONFIG_YAML.keys())
def test_config_yaml_is_read_as_people_write_it(text: str, conf: dict[str, str]) -> None:
    assert read_config_yaml(text) == conf


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: secret\na: 2\n", "has the key a twice"),
        ("a:\n  b: secret\na.b: 2\n", "has a.b twice"),
        ("a: [secret\n", "is not YAML"),
        ("secret", "must be a map"),
        ("- secret", "must be a map"),
    ],
    ids=["a key twice", "flat and nested", "not closed", "a text", "a list"],
)
def test_a_bad_config_yaml_is_refused_without_showing_its_values(text: str, problem: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        read_config_yaml(text)
    assert problem in str(refused.value)
    assert "secret" not in str(refused.value)
