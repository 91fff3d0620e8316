"""What a jarURI means, and what of it may be shown."""

from __future__ import annotations

import pytest

from flinkop.artifact.source import Http, InImage, LocalFile, ObjectStore, Source, parse_source, shown
from flinkop.errors import InvalidSpec

SOURCES: dict[str, Source] = {
    "https://repo/a.jar?x=1": Http("https://repo/a.jar?x=1"),
    "HTTP://repo:8080/a.jar": Http("HTTP://repo:8080/a.jar"),
    "file:///opt/a%20b.jar": LocalFile("/opt/a b.jar"),
    "local:///opt/flink/usrlib/a.jar": InImage("/opt/flink/usrlib/a.jar"),
    "local:/opt/a.jar": InImage("/opt/a.jar"),
    "s3://bucket/dir/a.jar": ObjectStore("s3://bucket/dir/a.jar"),
    "gs://bucket/a.jar": ObjectStore("gs://bucket/a.jar"),
    "abfss://box@account.dfs.core.windows.net/a.jar": ObjectStore("abfss://box@account.dfs.core.windows.net/a.jar"),
}
INVALID = {
    "my-job.jar": "has no scheme",
    "": "has no scheme",
    "https:///a.jar": "has no host",
    "https://repo:port/a.jar": "is not a URI; check its host and port",
    "https://repo/a b.jar": "contains a blank",
    "https://repo/a\r\nX: y": "contains a blank or a control character",
    "ftp://repo/a.jar": "has the scheme 'ftp', which is not known",
    "s3://bucket": "names no object",
    "s3:///a.jar": "names no object",
    "local://opt/a.jar": "is not the path of a file; write local:// and an absolute path",
    "file:///opt/": "is not the path of a file",
    "file:///a%00.jar": "is not the path of a file",
}
SHOWN = {
    "https://user:hunter2@repo/a.jar": "https://******@repo/a.jar",
    "https://user:with@hunter2@repo/a.jar": "https://******@repo/a.jar",
    "https://repo/a@2.jar": "https://repo/a@2.jar",
    "https://repo/a.jar?X-Amz-Signature=hunter2&v=1#hunter2": "https://repo/a.jar?X-Amz-Signature=******&v=******",
    "s3://bucket/a.jar": "s3://bucket/a.jar",
}


@pytest.mark.parametrize(("uri", "source"), SOURCES.items(), ids=SOURCES.keys())
def test_a_uri_names_a_source(uri: str, source: Source) -> None:
    assert parse_source(uri) == source


@pytest.mark.parametrize(("uri", "problem"), INVALID.items(), ids=map(repr, INVALID))
def test_what_is_no_source_is_told_in_a_sentence(uri: str, problem: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        parse_source(uri)
    assert str(refused.value).startswith("spec.job.jarURI: '")
    assert problem in str(refused.value)


@pytest.mark.parametrize(("uri", "text"), SHOWN.items(), ids=SHOWN.keys())
def test_no_secret_of_a_uri_is_shown(uri: str, text: str) -> None:
    assert shown(uri) == text


def test_an_invalid_uri_shows_no_secret_either() -> None:
    with pytest.raises(InvalidSpec) as refused:
        parse_source("ftp://user:hunter2@repo/a.jar?token=hunter2")
    assert "hunter2" not in str(refused.value)
