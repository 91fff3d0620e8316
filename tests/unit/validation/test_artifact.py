"""From where the operator fetches jars."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.validation.artifact import JarSources, check_jar_uri, sources_in

SCHEMES = "kubernetes.operator.user.artifacts.allowed-schemes"
HOSTS = "kubernetes.operator.user.artifacts.disallow-restricted-hosts"
STRICT = sources_in({})
OPEN = sources_in({SCHEMES: "https;http;s3;file", HOSTS: "false"})

NOT_A_URI = "is not a URI with a scheme"
NO_SCHEME = "has the scheme {}, from which the operator fetches nothing"
NO_HOST = "names no host"
NOT_PUBLIC = "names a host that is not public, from which the operator fetches nothing"

# The URI, and what is wrong with it under the strict policy and under the open one.
ROWS: dict[str, tuple[str | None, str | None]] = {
    "https://repository.example.com/job.jar": (None, None),
    "https://repository.example.com:8443/a%20b.jar?x=1": (None, None),
    "local:///opt/flink/usrlib/job.jar": (None, None),
    "http://repository.example.com/job.jar": (NO_SCHEME.format("http"), None),
    "s3://bucket/job.jar": (NO_SCHEME.format("s3"), None),
    "file:///etc/passwd": (NO_SCHEME.format("file"), None),
    "ftp://example.com/job.jar": (NO_SCHEME.format("ftp"), NO_SCHEME.format("ftp")),
    "HTTPS://repository.example.com/job.jar": (None, None),
    "/opt/flink/job.jar": (NOT_A_URI, NOT_A_URI),
    "job.jar": (NOT_A_URI, NOT_A_URI),
    "https://exa mple.com/job.jar": (NOT_A_URI, NOT_A_URI),
    "https://example.com:port/job.jar": (NOT_A_URI, NOT_A_URI),
    "http://[job.jar": (NOT_A_URI, NOT_A_URI),
    "https:///job.jar": (NO_HOST, NO_HOST),
    "https:job.jar": (NO_HOST, NO_HOST),
    "https://localhost/job.jar": (NOT_PUBLIC, None),
    "https://LOCALHOST./job.jar": (NOT_PUBLIC, None),
    "https://127.0.0.1/job.jar": (NOT_PUBLIC, None),
    "https://10.1.2.3/job.jar": (NOT_PUBLIC, None),
    "https://169.254.169.254/latest/meta-data": (NOT_PUBLIC, None),
    "https://0.0.0.0/job.jar": (NOT_PUBLIC, None),
    "https://[::1]/job.jar": (NOT_PUBLIC, None),
    "https://[fd00::1]/job.jar": (NOT_PUBLIC, None),
    "https://[::ffff:10.0.0.1]/job.jar": (NOT_PUBLIC, None),
    "https://[ff02::1]/job.jar": (NOT_PUBLIC, None),
    "https://8.8.8.8/job.jar": (None, None),
    "https://user:s3cr3t@10.0.0.1/job.jar": (NOT_PUBLIC, None),
}


def problem_with(uri: str, sources: JarSources) -> str | None:
    return next((violation.problem for violation in check_jar_uri(uri, sources)), None)


@pytest.mark.parametrize(("uri", "problems"), ROWS.items(), ids=ROWS.keys())
def test_jars_are_taken_from_where_the_policy_allows(uri: str, problems: tuple[str | None, str | None]) -> None:
    assert (problem_with(uri, STRICT), problem_with(uri, OPEN)) == problems


def test_the_sentence_says_what_is_allowed_and_how_to_allow_more() -> None:
    (violation,) = check_jar_uri("s3://bucket/job.jar", STRICT)

    assert str(violation) == (
        "spec.job.jarURI: has the scheme s3, from which the operator fetches nothing; "
        "use one of https, local, or have it added to kubernetes.operator.user.artifacts.allowed-schemes in the operator's configuration"
    )


@given(st.text() | st.text().map(lambda rest: f"https://{rest}"), st.sampled_from([STRICT, OPEN]))
def test_whatever_is_written_is_answered_and_its_password_is_not_told(uri: str, sources: JarSources) -> None:
    assert all("s3cr3t" not in str(violation) for violation in check_jar_uri(f"{uri}s3cr3t", sources))


def test_what_cannot_be_read_counts_as_absent() -> None:
    assert sources_in({SCHEMES: "http", HOSTS: "maybe"}) == STRICT
