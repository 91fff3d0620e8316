"""The names of an image on a node."""

from __future__ import annotations

from tests.cluster.imagestore import names_of

LISTING = """\
REF                             TYPE                                       DIGEST     SIZE      PLATFORMS   LABELS
docker.io/library/flink:1.20    application/vnd.oci.image.manifest.v1+json sha256:aa  575.0 MiB linux/amd64 io.cri-containerd.image=managed
docker.io/library/flink:1.20.5  application/vnd.oci.image.manifest.v1+json sha256:aa  575.0 MiB linux/amd64 io.cri-containerd.image=managed
docker.io/library/flink:2.2.1   application/vnd.oci.image.manifest.v1+json sha256:bb  653.0 MiB linux/amd64 io.cri-containerd.image=managed
sha256:cc                       application/vnd.oci.image.manifest.v1+json sha256:aa  575.0 MiB linux/amd64 io.cri-containerd.image=managed
"""


def test_an_image_is_removed_under_all_of_its_names() -> None:
    expected = ["docker.io/library/flink:1.20", "docker.io/library/flink:1.20.5", "sha256:cc"]
    assert names_of("docker.io/library/flink:1.20.5", LISTING) == expected


def test_an_image_that_is_not_there_has_no_names() -> None:
    assert names_of("docker.io/library/flink:1.16.3", LISTING) == []
