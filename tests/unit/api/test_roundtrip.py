"""What is read from a spec, written and read again is the same, for every kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.api.wire import specs_of

from flinkop.api.flinkapplication import parse_application_spec
from flinkop.api.flinkcluster import parse_cluster_spec
from flinkop.api.flinkdeployment import parse_spec
from flinkop.api.flinksessionjob import parse_sessionjob_spec
from flinkop.api.flinkstatesnapshot import parse_snapshot_spec
from flinkop.api.kind import ALL, Kind
from flinkop.errors import InvalidSpec


class Spec(Protocol):
    def to_wire(self) -> dict[str, Any]: ...


READERS: dict[str, Callable[[Mapping[str, Any]], Spec]] = {
    "FlinkDeployment": parse_spec,
    "FlinkSessionJob": parse_sessionjob_spec,
    "FlinkStateSnapshot": parse_snapshot_spec,
    "FlinkCluster": parse_cluster_spec,
    "FlinkApplication": parse_application_spec,
}

every_kind = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)


@every_kind
@given(data=st.data())
def test_writing_and_reading_a_spec_changes_nothing(kind: Kind, data: st.DataObject) -> None:
    read = READERS[kind.name]
    spec = read(data.draw(specs_of(kind.spec)))
    assert read(spec.to_wire()) == spec


@every_kind
@given(data=st.data())
def test_a_null_counts_as_absent_and_what_is_unknown_is_ignored(kind: Kind, data: st.DataObject) -> None:
    read, raw = READERS[kind.name], data.draw(specs_of(kind.spec))
    nulls = {str(field.alias): None for field in kind.spec.model_fields.values() if str(field.alias) not in raw}
    assert read({**nulls, **raw, "later": 1}) == read(raw)


@every_kind
def test_a_wrong_type_is_named_with_its_path_and_without_its_value(kind: Kind) -> None:
    names = [str(field.alias) for field in kind.spec.model_fields.values()]
    with pytest.raises(InvalidSpec) as refused:
        READERS[kind.name]({name: ["s3cr3t"] for name in names})
    assert str(refused.value).startswith("spec.")
    assert "s3cr3t" not in str(refused.value)
