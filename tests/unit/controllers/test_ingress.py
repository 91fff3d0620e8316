"""An Ingress is the resource's by its owner, not by its name: one that somebody else made is neither changed nor deleted."""

from __future__ import annotations

from typing import Any, cast

import pytest
from tests.unit.controllers.objects import Objects
from tests.unit.controllers.resource import KEY, a_resource, a_spec, a_wish
from tests.unit.controllers.test_actuator import World
from tests.virtualtime import START, run

from flinkop.controllers.actuator import IngressExists, Target
from flinkop.controllers.knowledge import Knowledge
from flinkop.controllers.observer import Observer
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import INGRESSES
from flinkop.lifecycle.action import ApplyIngress
from flinkop.lifecycle.ingress import ingress_actions
from flinkop.lifecycle.observed import Observed, RefusedIngress
from flinkop.lifecycle.record import Record
from flinkop.resources.ingress import DIGEST_ANNOTATION

WITH_INGRESS = a_resource(a_spec(ingress={"template": "{{name}}.example.com"}))


def an_object(owner: str, digest: str | None = None) -> dict[str, Any]:
    metadata = {"namespace": KEY[0], "name": KEY[1], "uid": "1", "creationTimestamp": "2026-01-01T00:00:00Z"}
    annotations = {DIGEST_ANNOTATION: digest} if digest else {}
    return {"metadata": {**metadata, "ownerReferences": [{"uid": owner}], "annotations": annotations}}


def observed(ingress: dict[str, Any] | None, deployment: dict[str, Any] | None = None, refused: RefusedIngress | None = None) -> Observed:
    deployments, ingresses = Objects({KEY: deployment} if deployment else {}), Objects({KEY: ingress} if ingress else {})
    world = World()
    observer = Observer(
        deployments, Objects(), ingresses, cast(KubeClient, world.api), cast(FlinkClient, world.flink), lambda *_: "http://x"
    )

    async def look() -> Observed:
        return await observer.observe(KEY, Record(), a_wish(WITH_INGRESS), Knowledge("uid", None, refused), START)

    return run(look())


@pytest.mark.parametrize(
    ("ingress", "seen"),
    [
        pytest.param(None, None, id="none"),
        pytest.param(an_object("owner", "digest"), "digest", id="ours"),
        pytest.param(an_object("owner"), "", id="made by another operator for the same resource"),
        pytest.param(an_object("somebody else", "digest"), None, id="a stranger's"),
    ],
)
def test_only_an_ingress_of_the_resource_is_seen(ingress: dict[str, Any] | None, seen: str | None) -> None:
    assert observed(ingress).ingress == seen


def test_a_strangers_ingress_is_not_deleted_where_none_is_wanted() -> None:
    desired = a_wish(a_resource()).desired
    assert ingress_actions(observed(an_object("somebody else")), desired) == ()


def test_beside_a_strangers_deployment_an_ingress_that_is_there_is_not_applied_again_and_again() -> None:
    desired = a_wish(WITH_INGRESS).desired
    seen = observed(an_object("owner", desired.ingress), deployment=an_object("somebody else"))
    assert (seen.jobmanager, ingress_actions(seen, desired)) == (None, ())
    refused = observed(None, deployment=an_object("somebody else"), refused=RefusedIngress(desired.ingress or "", "no"))
    assert ingress_actions(refused, desired) == ()


def apply_beside(owner: str | None) -> World:
    world = World()
    if owner is not None:
        world.api._store((INGRESSES.plural, *KEY), {**an_object(owner), "spec": {"old": True}}, "ADDED")
    action = ApplyIngress("digest")
    run(world.actuator.perform(action, Target(KEY, WITH_INGRESS, a_wish(WITH_INGRESS))))
    return world


@pytest.mark.parametrize("owner", [None, "owner"])
def test_an_ingress_is_made_or_changed(owner: str | None) -> None:
    (made,) = [found for path, found in apply_beside(owner).content().items() if path[0] == INGRESSES.plural]
    assert made["spec"]["rules"][0]["host"] == "job.example.com"
    assert made["metadata"]["ownerReferences"][0]["uid"] == "owner"


def test_a_strangers_ingress_is_not_overwritten() -> None:
    with pytest.raises(IngressExists, match="does not belong to this resource"):
        apply_beside("somebody else")
