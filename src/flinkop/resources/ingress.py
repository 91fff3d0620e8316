"""The Ingress in front of a cluster's REST service. Source: official operator, section 5.4 of its feature census."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import urlsplit

from flinkop.api.cluster import IngressSpec
from flinkop.api.ingresstemplate import fill_template
from flinkop.api.kind import FLINK_DEPLOYMENT, Kind
from flinkop.resources.naming import rest_service_name
from flinkop.resources.owner import owner_reference

DIGEST_ANNOTATION = "flinkop.flink.apache.org/ingress-digest"
"""Tells what the Ingress was made from, so that a change is seen without comparing what the API server filled in."""

COMPONENT_LABELS = {"component": "ingress"}


def build_ingress(
    namespace: str, name: str, spec: IngressSpec, rest_port: int, owner_uid: str, owner: Kind = FLINK_DEPLOYMENT
) -> dict[str, Any]:
    """The Ingress of the cluster `name`; `spec` has a valid template. It belongs to the resource of that name and goes with it."""
    host, path = _place(spec.template or "", namespace, name)
    backend = {"service": {"name": rest_service_name(name), "port": {"number": rest_port}}}
    rule: dict[str, Any] = {"http": {"paths": [{"path": path, "pathType": "ImplementationSpecific", "backend": backend}]}}
    if host:
        rule["host"] = host
    content: dict[str, Any] = {"rules": [rule]}
    if spec.class_name:
        content["ingressClassName"] = spec.class_name
    if spec.tls:
        content["tls"] = [entry.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True) for entry in spec.tls]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {**spec.labels, **COMPONENT_LABELS},
            "annotations": {**spec.annotations, DIGEST_ANNOTATION: digest_of(spec, rest_port)},
            "ownerReferences": [owner_reference(owner, name, owner_uid)],
        },
        "spec": content,
    }


def digest_of(spec: IngressSpec, rest_port: int) -> str:
    """Short, and the same for equal specs."""
    text = json.dumps([spec.model_dump(mode="json", by_alias=True), rest_port], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _place(template: str, namespace: str, name: str) -> tuple[str | None, str]:
    """Host and path of the template: `{{name}}.example.com`, `example.com/{{namespace}}/{{name}}(/|$)(.*)`, or `/path` alone."""
    text = fill_template(template, namespace, name)
    parts = urlsplit(text if "://" in text else f"//{text}")
    path = text.partition("://")[2] if "://" in text else text
    slash = path.find("/")
    return parts.hostname, path[slash:] if slash >= 0 else "/"
