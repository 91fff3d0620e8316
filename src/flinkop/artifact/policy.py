"""What may be fetched, and from where. Pure: the places that connect and open ask here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flinkop.artifact.source import FIELD, LOCAL, scheme_of, shown
from flinkop.config import OperatorConfig
from flinkop.errors import InvalidSpec
from flinkop.flinkconf.address import is_restricted
from flinkop.flinkconf.operatoroptions import ARTIFACT_SCHEMES

__all__ = ["ArtifactPolicy", "is_restricted", "read_policy"]

# What is fetched has a directory of its own: all of it is the store's, and `file://` may not name it.
_FETCHED = "fetched"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactPolicy:
    """The operator's rules. `largest` is in bytes; `file_directories` are those that `file://` may name."""

    schemes: frozenset[str]
    refuse_restricted: bool
    largest: int
    directory: Path
    file_directories: tuple[Path, ...]
    timeout: timedelta

    @property
    def fetched_directory(self) -> Path:
        """Where fetched jars are kept."""
        return self.directory / _FETCHED

    def check_scheme(self, uri: str) -> None:
        """Raises InvalidSpec when the URI's scheme is not allowed. `local` always is: the operator reads nothing."""
        scheme = scheme_of(uri)
        if scheme != LOCAL and scheme not in self.schemes:
            allowed = ", ".join(sorted(self.schemes | {LOCAL}))
            raise InvalidSpec(
                f"{FIELD}: '{shown(uri)}' has the scheme '{scheme}', and only {allowed} may be used; "
                f"the operator's option {ARTIFACT_SCHEMES.key} can allow it"
            )


def read_policy(config: OperatorConfig) -> ArtifactPolicy:
    """The rules that the operator's configuration gives."""
    directory = Path(config.artifact_directory)
    return ArtifactPolicy(
        schemes=frozenset(config.artifact_schemes),
        refuse_restricted=config.refuse_restricted_hosts,
        largest=config.artifact_max_size,
        directory=directory,
        file_directories=(directory, *map(Path, config.artifact_file_directories)),
        timeout=config.job_submission_timeout,
    )
