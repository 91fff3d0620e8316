"""The headers with which a jar is fetched, and what is told when a Secret cannot be used."""

from __future__ import annotations

import base64
from typing import Any, cast

import pytest

from flinkop.controllers.jarheaders import JarHeaders
from flinkop.errors import Forbidden, InvalidSpec

PLAIN = {"kubernetes.operator.user.artifacts.http.header": "X-Team:one,Authorization:plain"}
FROM = {"kubernetes.operator.user.artifacts.headers-from": "jar-login"}


class Kube:
    """Has one Secret, or is not to be asked by us."""

    def __init__(self, data: dict[str, bytes] | None = None, *, forbids: bool = False) -> None:
        self.data, self.forbids = data, forbids

    async def get(self, _resource: Any, namespace: str, name: str) -> dict[str, Any] | None:
        assert (namespace, name) == ("team", "jar-login")
        if self.forbids:
            raise Forbidden("secrets is forbidden")
        return None if self.data is None else {"data": {key: base64.b64encode(value).decode() for key, value in self.data.items()}}


def headers_of(kube: Kube) -> JarHeaders:
    return JarHeaders(cast(Any, kube))


async def test_without_a_secret_the_plain_option_counts_and_nobody_is_asked() -> None:
    assert await headers_of(Kube(forbids=True)).read("team", PLAIN) == {"X-Team": "one", "Authorization": "plain"}


async def test_the_headers_of_the_secret_win_and_a_changed_one_counts_at_once() -> None:
    kube = Kube({"Authorization": b"Bearer abc\n"})
    headers = headers_of(kube)
    assert await headers.read("team", PLAIN | FROM) == {"X-Team": "one", "Authorization": "Bearer abc"}
    kube.data = {"Authorization": b"Bearer new"}
    assert await headers.read("team", FROM) == {"Authorization": "Bearer new"}


@pytest.mark.parametrize(
    ("kube", "words"),
    [
        pytest.param(Kube(), "(kubernetes.operator.user.artifacts.headers-from) does not exist in namespace team", id="none"),
        pytest.param(Kube(forbids=True), "the operator may not read Secret jar-login", id="not allowed"),
        pytest.param(Kube({"Authorization": b"hunter2\nX: y"}), "key Authorization of Secret jar-login is no header", id="two lines"),
        pytest.param(Kube({"Authorization": b"hunter2\xff"}), "key Authorization of Secret jar-login is no header", id="no text"),
        pytest.param(Kube({"Authorization": b""}), "key Authorization of Secret jar-login is no header", id="empty"),
        pytest.param(Kube({"bad name": b"hunter2"}), "key bad name of Secret jar-login is no header", id="no name"),
    ],
)
async def test_what_is_wrong_with_a_secret_is_told_without_its_values(kube: Kube, words: str) -> None:
    with pytest.raises(InvalidSpec) as told:
        await headers_of(kube).read("team", FROM)
    assert words in str(told.value)
    assert "hunter2" not in str(told.value)
