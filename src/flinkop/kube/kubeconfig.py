"""A kubeconfig as a connection, by kubernetes_asyncio, which knows its plug-ins and providers. For use outside of a pod."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

import yaml
from kubernetes_asyncio.client import Configuration
from kubernetes_asyncio.config import ConfigException, load_kube_config

from flinkop.errors import ApiUnavailable
from flinkop.kube.connection import Connection, NotConfigured

_UNUSABLE = (ConfigException, OSError, ValueError, KeyError, TypeError, yaml.YAMLError)


class KubeconfigCredentials:
    """The authorization header of one context. Once it is refused the file, and with it any plug-in, is asked again."""

    def __init__(self, kubeconfig: Path | None, context: str | None, configuration: Configuration) -> None:
        self._kubeconfig, self._context = kubeconfig, context
        self._headers = _authorization(configuration)
        self._refused = False

    async def headers(self) -> Mapping[str, str]:
        """The header. Raises ApiUnavailable when it was refused and no newer one can be had."""
        if self._refused:
            try:
                self._headers = _authorization(await _load(self._kubeconfig, self._context))
            except NotConfigured as error:
                raise ApiUnavailable(str(error)) from None
            self._refused = False
        return self._headers

    def forget(self) -> None:
        """Has the file read at the next call."""
        self._refused = True


async def from_kubeconfig(kubeconfig: Path | None, context: str | None) -> Connection:
    """The connection of a context; without arguments the current one of `KUBECONFIG` or `~/.kube/config`.

    Raises:
        NotConfigured: it cannot be read, names what is not there, or asks for what is not supported (`proxy-url`, `tls-server-name`).
    """
    configuration = await _load(kubeconfig, context)
    for setting, wanted in (("proxy-url", configuration.proxy), ("tls-server-name", configuration.tls_server_name)):
        if wanted:
            raise NotConfigured(f"the kubeconfig sets {setting}, which is not supported")
    return Connection(str(configuration.host), _tls(configuration), KubeconfigCredentials(kubeconfig, context, configuration))


async def _load(kubeconfig: Path | None, context: str | None) -> Configuration:
    configuration = Configuration()
    try:
        await load_kube_config(str(kubeconfig) if kubeconfig else None, context, configuration)
    except _UNUSABLE as error:
        raise NotConfigured(f"no usable kubeconfig: {error}") from None
    return configuration


def _authorization(configuration: Configuration) -> Mapping[str, str]:
    token = configuration.api_key.get("BearerToken")
    return {"Authorization": token} if token else {}


def _tls(configuration: Configuration) -> ssl.SSLContext | None:
    if not str(configuration.host).startswith("https"):
        return None
    try:
        tls = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
        if configuration.cert_file:
            tls.load_cert_chain(configuration.cert_file, configuration.key_file)
    except (OSError, ssl.SSLError) as error:
        raise NotConfigured(f"the kubeconfig's certificates cannot be read: {error}") from None
    if not configuration.verify_ssl:
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    return tls
