"""Jars from S3, Google Cloud Storage and Azure, by the library obstore: the extra `object-stores`, loaded when it is needed.

Credentials, region and endpoint come from the operator's pod: its environment (`AWS_*`, `GOOGLE_*`, `AZURE_*`) or its role.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncGenerator
from typing import Any

from flinkop.artifact.source import shown
from flinkop.errors import ArtifactUnavailable

_CHUNK = 1024 * 1024
_RETRIES = {"max_retries": 2}


async def object_chunks(url: str) -> AsyncGenerator[bytes, None]:
    """The content of an object. Raises ArtifactUnavailable, without the library's texts, which may show credentials."""
    library, stores = _load("obstore"), _load("obstore.store")
    prefix, _, name = url.partition("?")[0].rpartition("/")
    try:
        found = await library.get_async(stores.from_url(prefix, retry_config=_RETRIES), name)
        async for chunk in found.stream(min_chunk_size=_CHUNK):
            yield bytes(chunk)
    except Exception as error:
        # its errors have no common class but Exception
        raise ArtifactUnavailable(f"{shown(url)}: {_CAUSES.get(type(error).__name__, type(error).__name__)}") from None


_CAUSES = {
    "FileNotFoundError": "there is no such object",
    "NotFoundError": "there is no such object",
    "PermissionDeniedError": "access is denied; check the credentials of the operator's pod",
    "UnauthenticatedError": "the credentials of the operator's pod are not accepted",
    "GenericError": "the object store cannot be reached or refuses; check region, endpoint and credentials in the operator's environment",
}


def _load(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ArtifactUnavailable("object stores need the package obstore; install flinkop[object-stores]") from None
