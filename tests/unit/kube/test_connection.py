"""Where the API server is and who we are there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from flinkop.errors import ApiUnavailable
from flinkop.kube.connection import NotConfigured, TokenFile, find_connection, from_service_account

IN_A_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service account's directory, as the kubelet makes it."""
    directory = tmp_path_factory.mktemp("serviceaccount")
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=test"
    subprocess.run(make.split(), cwd=directory, check=True, capture_output=True)
    (directory / "token").write_text("first\n")
    return directory


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Iterator[Clock]:
    return Clock()


async def test_a_pod_is_connected_by_its_service_account(account: Path) -> None:
    connection = await find_connection(environment=IN_A_POD, account=account)
    assert connection.url == "https://10.0.0.1:6443"
    assert connection.tls is not None
    assert await connection.credentials.headers() == {"Authorization": "Bearer first"}


def test_the_address_of_an_ipv6_cluster_is_put_in_brackets(account: Path) -> None:
    assert from_service_account({"KUBERNETES_SERVICE_HOST": "fd00::1"}, account).url == "https://[fd00::1]:443"


def test_a_pod_without_its_service_account_is_told_what_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match=r"cannot read the pod's service account: .*automountServiceAccountToken"):
        from_service_account(IN_A_POD, tmp_path)


async def test_a_token_is_read_again_every_minute_because_the_kubelet_replaces_it(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "token"
    path.write_text("first")
    token = TokenFile(path, clock)
    assert await token.headers() == {"Authorization": "Bearer first"}
    path.write_text("second")
    clock.now = 59
    assert await token.headers() == {"Authorization": "Bearer first"}
    clock.now = 60
    assert await token.headers() == {"Authorization": "Bearer second"}


async def test_a_token_that_was_refused_is_read_again_at_once(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "token"
    path.write_text("first")
    token = TokenFile(path, clock)
    await token.headers()
    path.write_text("second")
    token.forget()
    assert await token.headers() == {"Authorization": "Bearer second"}


async def test_a_token_that_cannot_be_read_for_a_moment_stays_in_use(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "token"
    path.write_text("first")
    token = TokenFile(path, clock)
    await token.headers()
    path.unlink()
    clock.now = 1000
    assert await token.headers() == {"Authorization": "Bearer first"}


async def test_a_token_that_was_never_there_is_trouble_that_may_pass(tmp_path: Path) -> None:
    with pytest.raises(ApiUnavailable, match=r"cannot read the service account's token: .*No such file"):
        await TokenFile(tmp_path / "token").headers()
