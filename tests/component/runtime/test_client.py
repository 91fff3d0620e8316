"""The client against a real API server: what each refusal becomes, and that a condition on a write is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from tests.component.runtime.surroundings import Surroundings
from tests.component.waiting import until
from tests.fakes.faultyproxy import Refusal
from tests.fakes.token import Token

from flinkop.errors import (
    AlreadyExists,
    ApiUnavailable,
    Conflict,
    FlinkopError,
    Forbidden,
    NamespaceTerminating,
    NotFound,
    Rejected,
)
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS, Resource

Ask = Callable[[Surroundings], Awaitable[object]]
NO_SUCH_KIND = Resource("flink.apache.org", "v1beta1", "flinkthings", "FlinkThing")


async def create_twice(around: Surroundings) -> None:
    await around.create("a")
    await around.through.create(CONFIG_MAPS, around.a_config_map("a"))


async def replace_an_old_version(around: Surroundings) -> None:
    old = await around.create("a")
    await around.change("a", "new")
    await around.through.replace(CONFIG_MAPS, old)


async def patch_an_old_version(around: Surroundings) -> None:
    old = await around.create("a")
    await around.change("a", "new")
    patch = {"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}, "data": {"text": "newer"}}
    await around.through.patch(CONFIG_MAPS, around.namespace, "a", patch)


async def delete_a_namesake(around: Surroundings) -> None:
    await around.create("a")
    await around.through.delete(CONFIG_MAPS, around.namespace, "a", uid="00000000-0000-0000-0000-000000000000")


async def delete_an_old_version(around: Surroundings) -> None:
    old = await around.create("a")
    await around.change("a", "new")
    await around.through.delete(CONFIG_MAPS, around.namespace, "a", resource_version=old["metadata"]["resourceVersion"])


async def replace_what_is_gone(around: Surroundings) -> None:
    old = await around.create("a")
    await around.delete("a")
    await around.through.replace(CONFIG_MAPS, old)


async def create_nonsense(around: Surroundings) -> None:
    metadata = {"name": "a", "namespace": around.namespace}
    await around.through.create(DEPLOYMENTS, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {}})


async def list_what_does_not_exist(around: Surroundings) -> None:
    await around.through.list(NO_SUCH_KIND, around.namespace)


async def create_in_a_namespace_that_goes(around: Surroundings) -> None:
    await around.create("a")
    around.plane.kubectl("delete", "namespace", around.namespace, "--wait=false")
    await around.through.create(CONFIG_MAPS, around.a_config_map("b"))


@pytest.mark.parametrize(
    ("ask", "error", "text"),
    [
        pytest.param(create_twice, AlreadyExists, "already exists", id="the name is taken"),
        pytest.param(replace_an_old_version, Conflict, "has been modified", id="replacing an old version"),
        pytest.param(patch_an_old_version, Conflict, "has been modified", id="patching an old version"),
        pytest.param(delete_a_namesake, Conflict, "UID in the precondition", id="deleting an object of that name with another uid"),
        pytest.param(delete_an_old_version, Conflict, "ResourceVersion in the precondition", id="deleting an old version"),
        pytest.param(replace_what_is_gone, NotFound, "not found", id="replacing what is gone"),
        pytest.param(create_nonsense, Rejected, "spec.selector: Required value", id="an object that is not valid"),
        pytest.param(list_what_does_not_exist, NotFound, "page not found", id="a kind that does not exist"),
        pytest.param(create_in_a_namespace_that_goes, NamespaceTerminating, "is being terminated", id="a namespace that is being deleted"),
    ],
)
async def test_a_refusal_becomes_an_error_of_ours(around: Surroundings, ask: Ask, error: type[FlinkopError], text: str) -> None:
    with pytest.raises(error, match=text):
        await ask(around)


async def test_what_is_not_there_is_no_error(around: Surroundings) -> None:
    assert await around.through.get(CONFIG_MAPS, around.namespace, "a") is None
    assert await around.through.delete(CONFIG_MAPS, around.namespace, "a") is False


async def test_applying_again_removes_what_is_left_out_and_leaves_what_others_wrote(around: Surroundings) -> None:
    config_map = around.a_config_map("a", "ours")
    await around.through.apply(CONFIG_MAPS, {**config_map, "data": {"text": "ours", "old": "ours"}})
    await around.direct.patch(CONFIG_MAPS, around.namespace, "a", {"data": {"other": "theirs"}})
    assert (await around.through.apply(CONFIG_MAPS, config_map))["data"] == {"text": "ours", "other": "theirs"}


async def test_who_may_not_is_told_so(around: Surroundings) -> None:
    around.plane.kubectl("-n", around.namespace, "create", "serviceaccount", "nobody")
    token = around.plane.kubectl("-n", around.namespace, "create", "token", "nobody").strip()
    nobody = KubeClient(replace(around.proxy.connection, credentials=Token(token)))
    with pytest.raises(Forbidden, match=r'cannot create resource "configmaps"'):
        await nobody.create(CONFIG_MAPS, around.a_config_map("a"))
    await nobody.close()


async def test_a_token_that_is_refused_is_asked_for_anew(around: Surroundings) -> None:
    token = Token("old")
    client = KubeClient(replace(around.proxy.connection, credentials=token))
    with pytest.raises(ApiUnavailable, match="not authenticated"):
        await client.list(CONFIG_MAPS, around.namespace)
    token.value = around.plane.token
    assert token.forgotten == 1
    await client.list(CONFIG_MAPS, around.namespace)
    await client.close()


async def test_a_request_that_hangs_ends_as_unavailable(around: Surroundings) -> None:
    """The client of these tests waits for five seconds."""
    around.proxy.hangs = True
    with pytest.raises(ApiUnavailable, match="GET configmaps: no answer in time"):
        await around.through.list(CONFIG_MAPS, around.namespace)


async def test_an_api_server_that_is_gone_is_unavailable_and_found_again_when_it_is_back(around: Surroundings) -> None:
    await around.direct.list(CONFIG_MAPS, around.namespace)
    around.plane.stop_apiserver()
    with pytest.raises(ApiUnavailable):
        await around.direct.list(CONFIG_MAPS, around.namespace)
    around.plane.spawn_apiserver()
    await asyncio.to_thread(around.plane.wait_until_ready)
    await around.direct.list(CONFIG_MAPS, around.namespace)


async def test_the_pause_that_an_overloaded_server_asks_for_is_told(around: Surroundings) -> None:
    around.proxy.refuse(Refusal(429, retry_after=7, reason="TooManyRequests"))
    with pytest.raises(ApiUnavailable) as caught:
        await around.through.list(CONFIG_MAPS, around.namespace)
    assert caught.value.retry_after == 7


async def test_requests_beyond_the_bound_wait_and_are_answered(around: Surroundings) -> None:
    around.proxy.seconds = 0.05
    await asyncio.gather(*(around.through.list(CONFIG_MAPS, around.namespace) for _ in range(100)))
    await until(lambda: len(around.proxy.asked) == 100)
