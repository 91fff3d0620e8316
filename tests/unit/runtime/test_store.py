"""The store: objects by key, and indexes that always agree with them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flinkop.runtime.store import Key, NamespacedStores, Store, key_of


def an_object(name: str, *colours: str, namespace: str = "default", version: str = "1") -> dict[str, Any]:
    return {"metadata": {"namespace": namespace, "name": name, "resourceVersion": version, "uid": f"uid-{name}"}, "colours": list(colours)}


def a_store(*objects: dict[str, Any]) -> Store:
    store = Store({"colour": lambda obj: obj["colours"]})
    for obj in objects:
        store.put(obj)
    return store


def names(found: list[dict[str, Any]]) -> list[str]:
    return [obj["metadata"]["name"] for obj in found]


def test_the_key_of_a_cluster_scoped_object_has_no_namespace() -> None:
    assert key_of({"metadata": {"name": "node-1"}}) == ("", "node-1")


def test_an_object_is_found_by_key_and_by_every_value_of_its_index() -> None:
    store = a_store(an_object("b", "red"), an_object("a", "red", "blue"))
    assert store.get(("default", "a")) == an_object("a", "red", "blue")
    assert names(store.by_index("colour", "red")) == ["a", "b"]
    assert names(store.by_index("colour", "blue")) == ["a"]
    assert store.by_index("colour", "green") == []


def test_a_changed_object_moves_in_the_index() -> None:
    store = a_store(an_object("a", "red", "blue"))
    assert store.put(an_object("a", "blue", "green")) == an_object("a", "red", "blue")
    assert store.by_index("colour", "red") == []
    assert names(store.by_index("colour", "blue")) == names(store.by_index("colour", "green")) == ["a"]


def test_a_removed_object_leaves_the_index() -> None:
    store = a_store(an_object("a", "red"))
    assert store.remove(("default", "a")) == an_object("a", "red")
    assert store.remove(("default", "a")) is None
    assert store.by_index("colour", "red") == []
    assert len(store) == 0


def test_a_replacement_tells_what_vanished_what_is_new_and_what_changed() -> None:
    store = a_store(an_object("gone"), an_object("same"), an_object("changed"))
    new = [an_object("same"), an_object("changed", version="2"), an_object("new")]
    changes = store.replace({key_of(obj): obj for obj in new})
    assert changes == [
        (an_object("gone"), None),
        (an_object("changed"), an_object("changed", version="2")),
        (None, an_object("new")),
    ]
    assert store.keys() == {key_of(obj) for obj in new}


def test_an_object_made_anew_under_the_same_name_is_a_change() -> None:
    store = a_store(an_object("a"))
    other = an_object("a")
    other["metadata"]["uid"] = "another"
    assert store.replace({key_of(other): other}) == [(an_object("a"), other)]


objects = st.builds(
    lambda name, colours, version: an_object(name, *colours, version=version),
    st.sampled_from("abc"),
    st.lists(st.sampled_from(["red", "blue"]), max_size=3),
    st.sampled_from("12"),
)
changes = st.one_of(objects, st.sampled_from("abc"), st.lists(objects, max_size=3))


@given(st.lists(changes, max_size=12))
def test_whatever_happens_the_index_agrees_with_the_objects(history: list[Any]) -> None:
    store, expected = a_store(), dict[Key, dict[str, Any]]()
    for change in history:
        match change:
            case str(name):
                store.remove(("default", name))
                expected.pop(("default", name), None)
            case list():
                expected = {key_of(obj): obj for obj in change}
                store.replace(expected)
                expected = dict(expected)
            case obj:
                store.put(obj)
                expected[key_of(obj)] = obj
    assert {key: store.get(key) for key in store.keys()} == expected  # noqa: SIM118 (a store is no mapping)
    for colour in ("red", "blue"):
        assert store.by_index("colour", colour) == [expected[key] for key in sorted(expected) if colour in expected[key]["colours"]]


def test_stores_of_several_namespaces_answer_for_their_own() -> None:
    stores = NamespacedStores({"one": Store({"owner": lambda _: ["one/a"]}), "two": Store({"owner": lambda _: []})})
    stores._stores["one"].put(an_object("a", namespace="one"))
    assert stores.get(("one", "a")) is not None
    assert stores.get(("two", "a")) is stores.get(("three", "a")) is None
    assert names(stores.by_index("owner", ("one", "a"))) == ["a"]
    assert stores.by_index("owner", ("three", "a")) == []
    assert len(stores) == 1


def test_one_store_for_all_namespaces_answers_for_each() -> None:
    stores = NamespacedStores({None: a_store(an_object("a", namespace="one"))})
    assert stores.get(("one", "a")) is not None
    assert stores.get(("two", "a")) is None
