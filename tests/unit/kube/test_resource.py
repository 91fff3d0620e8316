"""Where the API server keeps each kind."""

from __future__ import annotations

import pytest

from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS, FLINK_DEPLOYMENTS, NAMESPACES, Resource, resource_of


@pytest.mark.parametrize(
    ("resource", "place", "path"),
    [
        pytest.param(CONFIG_MAPS, (), "/api/v1/configmaps", id="core group, all namespaces"),
        pytest.param(CONFIG_MAPS, ("ns",), "/api/v1/namespaces/ns/configmaps", id="one namespace"),
        pytest.param(DEPLOYMENTS, ("ns", "a"), "/apis/apps/v1/namespaces/ns/deployments/a", id="one object of a group"),
        pytest.param(
            FLINK_DEPLOYMENTS, ("ns", "a", "status"), "/apis/flink.apache.org/v1beta1/namespaces/ns/flinkdeployments/a/status", id="status"
        ),
        pytest.param(NAMESPACES, (None, "a"), "/api/v1/namespaces/a", id="cluster-scoped"),
        pytest.param(CONFIG_MAPS, ("ns", "a/../b?c"), "/api/v1/namespaces/ns/configmaps/a%2F..%2Fb%3Fc", id="a name cannot lead elsewhere"),
        pytest.param(CONFIG_MAPS, ("ns", "system:a.b"), "/api/v1/namespaces/ns/configmaps/system:a.b", id="what names may hold stays"),
    ],
)
def test_path(resource: Resource, place: tuple[str | None, ...], path: str) -> None:
    assert resource.path(*place) == path


def test_the_resource_of_an_object_follows_from_its_kind() -> None:
    assert resource_of({"apiVersion": "apps/v1", "kind": "Deployment"}) is DEPLOYMENTS
    with pytest.raises(KeyError):
        resource_of({"apiVersion": "apps/v1", "kind": "StatefulSet"})
