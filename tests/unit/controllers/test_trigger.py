"""From a changed object to keys."""

from __future__ import annotations

from typing import Any

import pytest

from flinkop.controllers.trigger import has_news, key_of, owner_of


def an_object(**changes: Any) -> dict[str, Any]:
    metadata = {"namespace": "team", "name": "a", "resourceVersion": "1", "labels": {"app": "job"}}
    return {"metadata": {**metadata, **changes.pop("metadata", {})}, "spec": {"x": 1}, "status": {"y": 1}, **changes}


def test_a_resource_is_its_own_key_and_a_child_has_that_of_its_cluster() -> None:
    assert key_of(an_object()) == ("team", "a")
    assert owner_of(an_object()) == ("team", "job")


@pytest.mark.parametrize("labels", [{}, None, {"app": ""}, {"component": "jobmanager"}])
def test_a_child_without_the_label_has_no_owner(labels: dict[str, str] | None) -> None:
    assert owner_of(an_object(metadata={"labels": labels})) is None


@pytest.mark.parametrize(
    ("old", "new", "is_news"),
    [
        pytest.param(None, an_object(), True, id="it came"),
        pytest.param(an_object(), None, True, id="it went"),
        pytest.param(an_object(), an_object(), False, id="nothing"),
        pytest.param(an_object(), an_object(metadata={"resourceVersion": "2"}), False, id="another version alone"),
        pytest.param(an_object(), an_object(metadata={"generation": 2}), True, id="another generation"),
        pytest.param(an_object(), an_object(metadata={"deletionTimestamp": "now"}), True, id="its deletion"),
        pytest.param(an_object(), an_object(metadata={"uid": "2"}), True, id="another one of that name"),
        pytest.param(an_object(), an_object(spec={"x": 2}), True, id="its spec"),
        pytest.param(an_object(), an_object(status={"y": 2}), True, id="its status"),
    ],
)
def test_what_is_news(old: dict[str, Any] | None, new: dict[str, Any] | None, is_news: bool) -> None:
    assert has_news(old, new) is is_news
