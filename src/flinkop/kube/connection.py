"""Where the API server is and who we are there: the pod's service account, or a kubeconfig."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from flinkop.errors import ApiUnavailable, TerminalError

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_TOKEN_LIFE = 60.0


class Credentials(Protocol):
    """Makes the headers that say who we are."""

    async def headers(self) -> Mapping[str, str]:
        """Headers that are valid now."""
        ...


@dataclass(frozen=True, slots=True)
class Connection:
    """All that a client needs to reach the API server."""

    url: str
    tls: ssl.SSLContext | None
    credentials: Credentials


class NotConfigured(TerminalError):
    """Neither a service account nor a usable kubeconfig was found."""


class TokenFile:
    """A projected service account token; kubelet replaces it while it runs, so it is read anew every minute."""

    def __init__(self, path: Path) -> None:
        self._path, self._token, self._read_at = path, "", float("-inf")

    async def headers(self) -> Mapping[str, str]:
        """The bearer token of the file."""
        if time.monotonic() - self._read_at > _TOKEN_LIFE:
            self._token, self._read_at = self._path.read_text().strip(), time.monotonic()
        return {"Authorization": f"Bearer {self._token}"}


class Kubeconfig:
    """Credentials of a kubeconfig, plug-ins included, by kubernetes_asyncio. Costs 66 MB: only outside of a pod."""

    def __init__(self, configuration: object) -> None:
        self._configuration = configuration

    async def headers(self) -> Mapping[str, str]:
        """The authorization header, refreshed when it has run out."""
        refresh = getattr(self._configuration, "refresh_api_key_hook", None)
        if refresh is not None:
            await refresh(self._configuration)
        token = getattr(self._configuration, "api_key", {}).get("BearerToken")
        return {"Authorization": token} if token else {}


async def find_connection(kubeconfig: Path | None = None, context: str | None = None) -> Connection:
    """The kubeconfig when one is named, by argument or `KUBECONFIG`; else the pod's service account; else `~/.kube/config`.

    Raises:
        NotConfigured: there is nothing to connect with, or it cannot be read.
    """
    if kubeconfig is None and context is None and "KUBERNETES_SERVICE_HOST" in os.environ and not os.environ.get("KUBECONFIG"):
        return _in_cluster()
    return await _from_kubeconfig(kubeconfig, context)


def _in_cluster() -> Connection:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    host = f"[{host}]" if ":" in host else host
    try:
        tls = ssl.create_default_context(cafile=str(_ACCOUNT / "ca.crt"))
    except OSError as error:
        raise NotConfigured(f"cannot read the pod's service account: {error}; is automountServiceAccountToken on?") from None
    return Connection(f"https://{host}:{port}", tls, TokenFile(_ACCOUNT / "token"))


async def _from_kubeconfig(kubeconfig: Path | None, context: str | None) -> Connection:
    from kubernetes_asyncio.client import Configuration
    from kubernetes_asyncio.config import ConfigException, load_kube_config

    configuration = Configuration()
    try:
        await load_kube_config(str(kubeconfig) if kubeconfig else None, context, configuration)
    except (ConfigException, OSError) as error:
        raise NotConfigured(f"no usable kubeconfig: {error}") from None
    return Connection(str(configuration.host), _tls(configuration), Kubeconfig(configuration))


def _tls(configuration: Any) -> ssl.SSLContext | None:
    if not configuration.host.startswith("https"):
        return None
    try:
        tls = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
        if configuration.cert_file:
            tls.load_cert_chain(configuration.cert_file, configuration.key_file)
    except (OSError, ssl.SSLError) as error:
        raise ApiUnavailable(f"the kubeconfig's certificates cannot be read: {error}") from None
    if not configuration.verify_ssl:
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    return tls
