"""Jars from a real S3 server."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.component.artifact import s3server

from flinkop.artifact.policy import ArtifactPolicy
from flinkop.artifact.store import ArtifactStore, Fetched, FetchFailed, Fetching, FetchRequest
from flinkop.clock import SystemClock

JAR = b"PK\x03\x04" + bytes(range(256)) * 12_000
DIGEST = hashlib.sha256(JAR).hexdigest()


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ArtifactStore]:
    """One that may fetch from the server, with the settings of the operator's environment."""
    policy = ArtifactPolicy(
        schemes=frozenset({"s3", "s3a"}),
        refuse_restricted=True,
        largest=len(JAR),
        directory=tmp_path,
        file_directories=(),
        timeout=timedelta(minutes=1),
    )
    with s3server.serving() as url:
        s3server.put(f"{url}/{s3server.BUCKET}/dir/a.jar", JAR)
        s3server.put(f"{url}/{s3server.BUCKET}/large.jar", JAR + b"x")
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "hunter2")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
        found = ArtifactStore(policy, SystemClock())
        yield found
        await found.close()


async def fetch(store: ArtifactStore, uri: str) -> Fetched | FetchFailed:
    changed = asyncio.Event()
    store.on_change(lambda _waiter: changed.set())
    while (found := store.look(FetchRequest(uri), "me")) == Fetching():
        await asyncio.wait_for(changed.wait(), 60)
    assert not isinstance(found, Fetching)
    return found


async def test_a_jar_comes_from_s3(store: ArtifactStore) -> None:
    for scheme in ("s3", "s3a"):
        found = await fetch(store, f"{scheme}://{s3server.BUCKET}/dir/a.jar")
        assert isinstance(found, Fetched)
        assert (found.sha256, found.path.read_bytes()) == (DIGEST, JAR)
    for name, problem in {"none.jar": "there is no such object", "large.jar": "the jar is larger than"}.items():
        found = await fetch(store, f"s3://{s3server.BUCKET}/{name}")
        assert isinstance(found, FetchFailed)
        assert problem in found.cause
        assert "hunter2" not in found.cause
