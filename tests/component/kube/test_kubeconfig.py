"""A kubeconfig as a connection. kubernetes_asyncio does the reading; these tests hold what we add."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from flinkop.errors import ApiUnavailable
from flinkop.kube.connection import NotConfigured, find_connection


def a_kubeconfig(path: Path, user: dict[str, Any], cluster: dict[str, Any] | None = None) -> Path:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:8001", **(cluster or {})}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(yaml.safe_dump(content))
    return path


async def test_a_named_kubeconfig_is_used_even_within_a_pod(tmp_path: Path) -> None:
    path = a_kubeconfig(tmp_path / "config", {"token": "secret"})
    connection = await find_connection(path, environment={"KUBERNETES_SERVICE_HOST": "10.0.0.1"})
    assert (connection.url, connection.tls) == ("http://127.0.0.1:8001", None)
    assert await connection.credentials.headers() == {"Authorization": "Bearer secret"}


async def test_an_https_server_is_verified_unless_the_kubeconfig_says_otherwise(tmp_path: Path) -> None:
    https = {"server": "https://127.0.0.1:6443"}
    strict = await find_connection(a_kubeconfig(tmp_path / "strict", {}, https))
    lax = await find_connection(a_kubeconfig(tmp_path / "lax", {}, {**https, "insecure-skip-tls-verify": True}))
    assert strict.tls is not None
    assert strict.tls.check_hostname
    assert lax.tls is not None
    assert not lax.tls.check_hostname


async def test_a_refused_token_of_a_plugin_is_asked_for_again(tmp_path: Path) -> None:
    plugin, count = tmp_path / "plugin", tmp_path / "count"
    plugin.write_text(
        f"""#!/bin/sh
echo x >> {count}
printf '{{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {{"token": "token-%d"}}}}' $(wc -l < {count})
"""
    )
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}}
    credentials = (await find_connection(a_kubeconfig(tmp_path / "config", user))).credentials
    assert await credentials.headers() == await credentials.headers() == {"Authorization": "Bearer token-1"}
    credentials.forget()
    assert await credentials.headers() == {"Authorization": "Bearer token-2"}


async def test_a_kubeconfig_that_is_lost_when_a_token_was_refused_is_trouble_that_may_pass(tmp_path: Path) -> None:
    path = a_kubeconfig(tmp_path / "config", {"token": "secret"})
    credentials = (await find_connection(path)).credentials
    path.unlink()
    credentials.forget()
    with pytest.raises(ApiUnavailable, match="no usable kubeconfig"):
        await credentials.headers()


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        pytest.param(None, "no usable kubeconfig", id="no file"),
        pytest.param("{", "no usable kubeconfig", id="not YAML"),
        pytest.param("a: b", "no usable kubeconfig", id="not a kubeconfig"),
        pytest.param("[]", "no usable kubeconfig", id="not a map"),
    ],
)
async def test_a_file_that_is_no_kubeconfig_is_named_as_the_cause(tmp_path: Path, content: str | None, cause: str) -> None:
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)
    with pytest.raises(NotConfigured, match=cause):
        await find_connection(path)


@pytest.mark.parametrize(
    ("cluster", "cause"),
    [
        pytest.param({"proxy-url": "http://proxy"}, "proxy-url", id="a proxy"),
        pytest.param({"server": "https://x", "tls-server-name": "other"}, "tls-server-name", id="another name for the server"),
        pytest.param({"server": "https://x", "certificate-authority": "/nowhere/ca.crt"}, "nowhere", id="a certificate that is not there"),
    ],
)
async def test_what_a_kubeconfig_asks_for_and_cannot_be_done_is_told(tmp_path: Path, cluster: dict[str, Any], cause: str) -> None:
    with pytest.raises(NotConfigured, match=cause):
        await find_connection(a_kubeconfig(tmp_path / "config", {}, cluster))


async def test_a_context_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="elsewhere"):
        await find_connection(a_kubeconfig(tmp_path / "config", {}), "elsewhere")
