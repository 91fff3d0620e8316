"""The headers of the requests that fetch a jar: what the configuration says openly, and what a Secret keeps."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from flinkop.errors import Forbidden, InvalidSpec
from flinkop.flinkconf.operatoroptions import ARTIFACT_HEADERS, ARTIFACT_HEADERS_FROM
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import SECRETS

# RFC 9110, sections 5.1 and 5.5: a token, and what is visible, with spaces and tabs inside
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?")


class JarHeaders:
    """Reads the Secret for each fetch anew: nothing of it is kept, and a changed one counts with the next fetch."""

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube

    async def read(self, namespace: str, configuration: Mapping[str, str]) -> Mapping[str, str]:
        """The headers; those of the Secret win.

        Raises:
            InvalidSpec: there is no such Secret, it may not be read, or it holds what is no header. Values are not told.
            TransientError: the API server cannot answer now.
        """
        headers, name = ARTIFACT_HEADERS.read(configuration), ARTIFACT_HEADERS_FROM.read(configuration)
        if name is None:
            return headers
        secret = await self._secret(namespace, name)
        return {**headers, **{key: _value(name, key, text) for key, text in (secret.get("data") or {}).items()}}

    async def _secret(self, namespace: str, name: str) -> Mapping[str, Any]:
        option = ARTIFACT_HEADERS_FROM.key
        try:
            found = await self._kube.get(SECRETS, namespace, name)
        except Forbidden:
            raise InvalidSpec(
                f"the operator may not read Secret {name} ({option}): allow its service account to get it, by a Role in {namespace}"
            ) from None
        if found is None:
            raise InvalidSpec(f"Secret {name} ({option}) does not exist in namespace {namespace}: create it, or correct the option")
        return found


def _value(secret: str, name: str, encoded: str) -> str:
    """Without the line break that many editors leave at the end."""
    try:
        text = base64.b64decode(encoded).decode("ascii").strip()
    except ValueError:
        text = ""
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(text):
        raise InvalidSpec(f"key {name} of Secret {secret} is no header of a request: its value must be one line of printable ASCII")
    return text
