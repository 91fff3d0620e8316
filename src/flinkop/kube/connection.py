"""Where the API server is and who we are there: a kubeconfig, or the pod's service account.

The service account's two files are read here and not by kubernetes_asyncio: importing that library loads every generated model
(63 MB and a second of CPU, measured with 36.1 on Python 3.11), which a pod has no use for. See docs/adr/0001.
"""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flinkop.errors import ApiUnavailable, TerminalError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_TOKEN_LIFE = 60.0


class Credentials(Protocol):
    """Makes the headers that say who we are."""

    async def headers(self) -> Mapping[str, str]:
        """Headers that are valid now. Raises ApiUnavailable when they cannot be had now."""
        ...

    def forget(self) -> None:
        """The API server refused what `headers` gave: the next call must look for newer ones."""
        ...


@dataclass(frozen=True, slots=True)
class Connection:
    """All that a client needs to reach the API server. `tls` is None for plain HTTP."""

    url: str
    tls: ssl.SSLContext | None
    credentials: Credentials


class NotConfigured(TerminalError):
    """Neither a service account nor a usable kubeconfig was found."""


class TokenFile:
    """A projected service account token. The kubelet replaces it while it is in use, so it is read anew every minute."""

    def __init__(self, path: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path, self._monotonic = path, monotonic
        self._headers: dict[str, str] = {}
        self._read_at = float("-inf")

    async def headers(self) -> Mapping[str, str]:
        """The bearer token of the file; the last one known when the file cannot be read.

        Raises:
            ApiUnavailable: the file cannot be read and never could.
        """
        if self._monotonic() - self._read_at >= _TOKEN_LIFE:
            self._read()
        return self._headers

    def forget(self) -> None:
        """Has the file read at the next call."""
        self._read_at = float("-inf")

    def _read(self) -> None:
        try:
            token = self._path.read_text().strip()
        except OSError as error:
            if not self._headers:
                raise ApiUnavailable(f"cannot read the service account's token: {error}") from None
            return
        self._headers = {"Authorization": f"Bearer {token}"}
        self._read_at = self._monotonic()


async def find_connection(
    kubeconfig: Path | None = None, context: str | None = None, environment: Mapping[str, str] = os.environ, account: Path = SERVICE_ACCOUNT
) -> Connection:
    """The kubeconfig when one is named, by argument or `KUBECONFIG`; else the pod's service account; else `~/.kube/config`.

    Raises:
        NotConfigured: there is nothing to connect with, or it cannot be read.
    """
    named = kubeconfig is not None or context is not None or bool(environment.get("KUBECONFIG"))
    if not named and "KUBERNETES_SERVICE_HOST" in environment:
        return from_service_account(environment, account)
    # deferred: costs 63 MB, which nobody who runs in a pod should pay
    from flinkop.kube.kubeconfig import from_kubeconfig

    return await from_kubeconfig(kubeconfig, context)


def from_service_account(environment: Mapping[str, str], account: Path = SERVICE_ACCOUNT) -> Connection:
    """The connection that every pod is given: two environment variables and two files.

    Raises:
        NotConfigured: the certificate cannot be read.
    """
    host, port = environment["KUBERNETES_SERVICE_HOST"], environment.get("KUBERNETES_SERVICE_PORT", "443")
    host = f"[{host}]" if ":" in host else host
    try:
        tls = ssl.create_default_context(cafile=str(account / "ca.crt"))
    except OSError as error:
        raise NotConfigured(f"cannot read the pod's service account: {error}; is automountServiceAccountToken on?") from None
    return Connection(f"https://{host}:{port}", tls, TokenFile(account / "token"))
