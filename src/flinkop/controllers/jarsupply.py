"""From the jar that a spec names to its id at the JobManager: fetched once, uploaded once, and never waited for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flinkop.artifact.builtjar import BuiltJar, class_to_run, jar_to_build
from flinkop.artifact.program import PROGRAMS, read_programs
from flinkop.artifact.source import Source, parse_source
from flinkop.artifact.store import ArtifactStore, Fetched, FetchFailed, Fetching, FetchRequest
from flinkop.artifact.upload import JarUploads, JobManagerProcess, Uploaded, UploadFailed, Uploading
from flinkop.controllers.sessioncluster import SessionCluster
from flinkop.controllers.sessiondesire import SessionWish
from flinkop.controllers.trigger import Key
from flinkop.errors import InvalidSpec
from flinkop.lifecycle.sessionjob.seen import Jar, JarFailed, JarPending, JarReady


class JarSupply:
    """Where the jar of a session job is on its way to the JobManager."""

    def __init__(self, store: ArtifactStore, uploads: JarUploads, programs: Path = PROGRAMS) -> None:
        self._store, self._uploads, self._programs = store, uploads, read_programs(programs)

    def look(self, key: Key, cluster: SessionCluster, wish: SessionWish, headers: Mapping[str, str]) -> Jar:
        """What there is of the jar, now; what is missing is begun in the background. `headers` are secret."""
        try:
            jar = self._jar(key, wish, headers)
        except InvalidSpec as error:
            return JarFailed(str(error))
        if not isinstance(jar, Fetched | BuiltJar):
            return jar
        match self._uploads.look(_process(key[0], cluster), cluster.url, jar, key):
            case Uploading():
                return JarPending("Uploading the jar to the JobManager.")
            case Uploaded(jar_id):
                return JarReady(jar_id)
            case UploadFailed(cause, again_at):
                return JarFailed(f"it cannot be uploaded to the JobManager: {cause}; next try at {again_at:%H:%M:%S} UTC")

    def forget(self, namespace: str, cluster: SessionCluster, jar_id: str) -> None:
        """The JobManager has lost the jar: it is uploaded again."""
        self._uploads.forget(_process(namespace, cluster), jar_id)

    def entry_class(self, wish: SessionWish) -> str | None:
        """The class that the JobManager is to run; None: the one that the jar names. Raises InvalidSpec."""
        job = wish.spec.job
        return class_to_run(_source(job.jar_uri), job.entry_class, self._programs) if job is not None else None

    def sweep(self) -> None:
        """Has jars deleted from JobManagers that no job needed for a while."""
        self._uploads.sweep()

    def _jar(self, key: Key, wish: SessionWish, headers: Mapping[str, str]) -> Fetched | BuiltJar | JarPending | JarFailed:
        job = wish.spec.job
        uri = job.jar_uri if job is not None else None
        built = jar_to_build(_source(uri), job.entry_class if job is not None else None, self._programs)
        if built is not None:
            return built
        request = FetchRequest(uri or "", wish.checksum, headers)
        match self._store.look(request, key):
            case Fetching():
                return JarPending("Fetching the jar.")
            case FetchFailed(cause, again_at):
                return JarFailed(f"{cause}; next try at {again_at:%H:%M:%S} UTC")
            case Fetched() as fetched:
                return fetched


def _source(uri: str | None) -> Source | None:
    return parse_source(uri) if uri else None


def _process(namespace: str, cluster: SessionCluster) -> JobManagerProcess:
    return JobManagerProcess((namespace, cluster.name), cluster.uid)
