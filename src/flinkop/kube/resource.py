"""The resources of the API that the operator touches, and their paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of object as the API server addresses it."""

    group: str
    version: str
    plural: str
    kind: str

    @property
    def api_version(self) -> str:
        """`group/version`, or only the version in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path of a collection, an object or a subresource; no namespace means all of them."""
        parts = ["namespaces", namespace] if namespace is not None else []
        parts += [part for part in (self.plural, name, subresource) if part is not None]
        return "/".join(("/apis" if self.group else "/api", self.api_version, *(quote(part, safe=":") for part in parts)))


DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
REPLICA_SETS = Resource("apps", "v1", "replicasets", "ReplicaSet")
PODS = Resource("", "v1", "pods", "Pod")
SERVICES = Resource("", "v1", "services", "Service")
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
SECRETS = Resource("", "v1", "secrets", "Secret")
EVENTS = Resource("", "v1", "events", "Event")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")
NAMESPACES = Resource("", "v1", "namespaces", "Namespace")
INGRESSES = Resource("networking.k8s.io", "v1", "ingresses", "Ingress")
FLINK_DEPLOYMENTS = Resource("flink.apache.org", "v1beta1", "flinkdeployments", "FlinkDeployment")
FLINK_SESSION_JOBS = Resource("flink.apache.org", "v1beta1", "flinksessionjobs", "FlinkSessionJob")
FLINK_CLUSTERS = Resource("flink.apache.org", "v1", "flinkclusters", "FlinkCluster")
FLINK_APPLICATIONS = Resource("flink.apache.org", "v1", "flinkapplications", "FlinkApplication")
FLINK_STATE_SNAPSHOTS = Resource("flink.apache.org", "v1beta1", "flinkstatesnapshots", "FlinkStateSnapshot")

_BY_KIND = {(r.api_version, r.kind): r for r in (DEPLOYMENTS, PODS, SERVICES, CONFIG_MAPS, EVENTS, LEASES, INGRESSES, FLINK_DEPLOYMENTS)}


def resource_of(body: Mapping[str, Any]) -> Resource:
    """The resource of an object that says its apiVersion and kind. Raises KeyError for one that is not known here."""
    return _BY_KIND[body["apiVersion"], body["kind"]]
