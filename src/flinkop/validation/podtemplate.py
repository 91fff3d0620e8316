"""Rules about pod templates. The API server does not check them: the definition leaves their structure open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from flinkop.api.flinkdeployment import DeploymentMode, FlinkDeploymentSpec
from flinkop.api.label import is_label_key, is_label_value
from flinkop.flinkconf.operatoroptions import MERGE_ARRAYS_BY_NAME
from flinkop.flinkconf.option import InvalidOption
from flinkop.validation.podfield import absent, misfits
from flinkop.validation.subject import Subject
from flinkop.validation.violation import Severity, Violation, warning

MAIN_CONTAINER = "flink-main-container"

_OF_A_POD = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})
_LISTS_OF_NAMED = ("containers", "initContainers", "volumes")
# what `names_its_containers` tells
_OF_NAMES = re.compile(rf"\.spec\.({'|'.join(_LISTS_OF_NAMED)})\[\d+\]: has no name;")

# What Flink itself mounts, where the API server refuses a second mount; and what a mount would hide of the image.
_MOUNTED_BY_FLINK = frozenset({"/opt/flink/conf", "/opt/flink/pod-template"})
_PART_OF_THE_IMAGE = frozenset({"/opt/flink", "/opt/flink/bin", "/opt/flink/lib", "/opt/flink/opt", "/opt/flink/plugins"})

# Volumes that Flink, or the operator, adds. Source: Flink's kubeclient decorators.
_VOLUMES_OF_FLINK = ("flink-", "hadoop-", "kerberos-", "pod-template-", "kube-api-access-")

Template = Mapping[str, Any]


def has_well_formed_pod_templates(subject: Subject) -> Iterator[Violation]:
    """What Kubernetes would refuse or drop. What it drops of a template that runs already is only told."""
    before = _templates_of(subject.previous) if subject.previous else {}
    for path, template in _templates(subject).items():
        for violation in _check_structure(path, template):
            yield replace(violation, severity=Severity.WARNING) if _is_dropped(violation) and before.get(path) == template else violation


def _is_dropped(violation: Violation) -> bool:
    return violation.problem.startswith("is not a field")


def gives_what_a_pod_needs(subject: Subject) -> Iterator[Violation]:
    """Fields that have to be there, in one template or in the other that is laid over it."""
    yield from dict.fromkeys(violation for path, overlay in _overlays(subject) for violation in _check_needs(subject, path, overlay))


def _check_needs(subject: Subject, path: str, overlay: Template | None) -> Iterator[Violation]:
    base = subject.spec.pod_template
    if base and overlay and _merges_by_name(subject):  # elements that belong together may stand anywhere
        return
    for where, template, beside in (("spec.podTemplate", base, overlay), (path, overlay, base)):
        for violation in absent(f"{where}.spec", "PodSpec", _pod_spec(template), _pod_spec(beside)):
            if not _OF_NAMES.search(str(violation)):
                yield violation


def _templates(subject: Subject) -> dict[str, Template]:
    return _templates_of(subject.spec)


def _templates_of(spec: FlinkDeploymentSpec) -> dict[str, Template]:
    found = {
        "spec.podTemplate": spec.pod_template,
        "spec.jobManager.podTemplate": spec.job_manager.pod_template,
        "spec.taskManager.podTemplate": spec.task_manager.pod_template,
    }
    return {path: template for path, template in found.items() if template}


def _check_structure(path: str, template: Template) -> Iterator[Violation]:
    for name in sorted(map(str, template.keys() - _OF_A_POD)):
        yield Violation(f"{path}.{name}", "is not a field of a Pod", "write what belongs to the Pod's spec below spec")
    yield from misfits(f"{path}.metadata", "ObjectMeta", template.get("metadata"))
    yield from misfits(f"{path}.spec", "PodSpec", template.get("spec"))


def _pod_spec(template: Template | None) -> Template:
    spec = (template or {}).get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _is_list_of_maps(items: object) -> bool:
    return isinstance(items, list) and all(isinstance(item, Mapping) for item in items)


def _items(template: Template | None, name: str) -> list[Mapping[str, Any]]:
    items = _pod_spec(template).get(name) or []
    return items if _is_list_of_maps(items) else []


def names_its_containers(subject: Subject) -> Iterator[Violation]:
    """Containers and volumes have names of their own, once the templates are laid over each other."""
    yield from dict.fromkeys(
        violation
        for path, template in _overlays(subject)
        for kind in _LISTS_OF_NAMED
        for violation in _check_names(subject, path, template, kind)
    )


def _overlays(subject: Subject) -> tuple[tuple[str, Template | None], ...]:
    spec = subject.spec
    return (
        ("spec.jobManager.podTemplate", spec.job_manager.pod_template),
        ("spec.taskManager.podTemplate", spec.task_manager.pod_template),
    )


def _check_names(subject: Subject, path: str, overlay: Template | None, kind: str) -> Iterator[Violation]:
    """By position, as templates are merged: an element of the overlay may leave its name to the one below it."""
    below = _items(subject.spec.pod_template, kind)
    above = _items(overlay, kind)
    nothing: Mapping[str, Any] = {}
    for index, (lower, upper) in enumerate(zip_longest(below, above, fillvalue=nothing)):
        if not (upper.get("name") or lower.get("name")):
            where = path if upper else "spec.podTemplate"
            yield Violation(f"{where}.spec.{kind}[{index}]", "has no name", "give it one")
    for where, items in ((path, above), ("spec.podTemplate", below)):
        names = [str(item["name"]) for item in items if item.get("name")]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield Violation(f"{where}.spec.{kind}", f"has two elements with the name {name}", "rename one of them")


def mounts_volumes_that_there_are(subject: Subject) -> Iterator[Violation]:
    """The API server refuses a mount without its volume, when the old job is stopped already. Flink brings volumes of its own, and so may a
    webhook: a warning only."""
    yield from dict.fromkeys(violation for path, overlay in _overlays(subject) for violation in _check_volumes(subject, path, overlay))


def _check_volumes(subject: Subject, path: str, overlay: Template | None) -> Iterator[Violation]:
    templates = (("spec.podTemplate", subject.spec.pod_template), (path, overlay))
    names = (volume.get("name") for _, template in templates for volume in _items(template, "volumes"))
    volumes = {name for name in names if isinstance(name, str)}
    for where, template in templates:
        for kind in ("initContainers", "containers"):
            for index, container in enumerate(_items(template, kind)):
                for name in _mounted(container) - volumes:
                    if not name.startswith(_VOLUMES_OF_FLINK):
                        problem = f"mounts {name}, which is none of the volumes"
                        remedy = f"add it to {where}.spec.volumes, unless a webhook of your cluster does"
                        yield warning(f"{where}.spec.{kind}[{index}].volumeMounts", problem, remedy)


def _mounted(container: Mapping[str, Any]) -> set[str]:
    mounts = container.get("volumeMounts")
    found = mounts if isinstance(mounts, list) else []
    return {mount["name"] for mount in found if isinstance(mount, Mapping) and isinstance(mount.get("name"), str)}


def has_labels_that_kubernetes_takes(subject: Subject) -> Iterator[Violation]:
    """Keys and values of labels have a grammar."""
    for path, template in _templates(subject).items():
        metadata = template.get("metadata")
        labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
        for key, value in labels.items() if isinstance(labels, Mapping) else ():
            if not is_label_key(str(key)) or (isinstance(value, str) and not is_label_value(value)):
                remedy = "use letters, digits, - _ and . between them, at most 63; a key may have a prefix and /"
                yield Violation(f"{path}.metadata.labels.{key}", "is not a label that Kubernetes takes", remedy)


def lays_like_over_like(subject: Subject) -> Iterator[Violation]:
    """Lists are merged by position unless told otherwise, which mixes up elements that stand in another order."""
    if _merges_by_name(subject):
        return
    for path, overlay in _overlays(subject):
        for kind in _LISTS_OF_NAMED:
            pairs = zip(_items(subject.spec.pod_template, kind), _items(overlay, kind), strict=False)
            for index, (lower, upper) in enumerate(pairs):
                if upper.get("name") and lower.get("name") and upper["name"] != lower["name"]:
                    problem = f"lays {upper['name']} over {lower['name']} of spec.podTemplate, which has the same position"
                    remedy = f"keep the order, or set {MERGE_ARRAYS_BY_NAME.key}: true"
                    yield warning(f"{path}.spec.{kind}[{index}]", problem, remedy)


def _merges_by_name(subject: Subject) -> bool:
    try:
        return MERGE_ARRAYS_BY_NAME.read(subject.conf)
    except InvalidOption:
        return False


def has_a_main_container(subject: Subject) -> Iterator[Violation]:
    """Flink's own container has a fixed name; any other is a sidecar. Only told: a template may be meant for sidecars alone."""
    yield from dict.fromkeys(violation for path, overlay in _overlays(subject) for violation in _check_main(subject, path, overlay))


def _check_main(subject: Subject, path: str, overlay: Template | None) -> Iterator[Violation]:
    below, above = _items(subject.spec.pod_template, "containers"), _items(overlay, "containers")
    names = _merged_names(below, above, _merges_by_name(subject))
    if names and MAIN_CONTAINER not in names:
        problem = f"has {', '.join(names)} but no {MAIN_CONTAINER}, so that Flink runs in a container of its own beside"
        where = path if above else "spec.podTemplate"
        yield warning(f"{where}.spec.containers", problem, f"name the container that is meant for Flink {MAIN_CONTAINER}")


def _merged_names(below: list[Template], above: list[Template], by_name: bool) -> list[str]:
    """The names that elements have once one list is laid over the other."""
    if by_name and all(map(_can_be_told_apart, (below, above))):
        names = [item["name"] for item in (*below, *above)]
    else:
        nothing: Template = {}
        names = [upper.get("name") or lower.get("name") for lower, upper in zip_longest(below, above, fillvalue=nothing)]
    return list(dict.fromkeys(str(name) for name in names if name))


def _can_be_told_apart(items: list[Template]) -> bool:
    names = [item.get("name") for item in items]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def leaves_restarts_to_the_deployment(subject: Subject) -> Iterator[Violation]:
    """Pods of a Deployment, which takes only one restart policy: the JobManager's, and a standalone cluster's TaskManagers."""
    overlays = _overlays(subject) if subject.spec.mode is DeploymentMode.STANDALONE else _overlays(subject)[:1]
    yield from dict.fromkeys(violation for path, overlay in overlays for violation in _check_restarts(subject, path, overlay))


def _check_restarts(subject: Subject, path: str, overlay: Template | None) -> Iterator[Violation]:
    own = _pod_spec(overlay).get("restartPolicy")
    policy = own or _pod_spec(subject.spec.pod_template).get("restartPolicy")
    if policy not in (None, "Always"):
        where = path if own else "spec.podTemplate"
        yield Violation(f"{where}.spec.restartPolicy", "is not Always, the only policy of a Deployment's pods", "leave it out")


def leaves_flinks_directories_alone(subject: Subject) -> Iterator[Violation]:
    """Volumes are mounted beside Flink's files and not over them."""
    for path, template in _templates(subject).items():
        for index, container in enumerate(_items(template, "containers")):
            if container.get("name") == MAIN_CONTAINER:
                yield from _check_mounts(f"{path}.spec.containers[{index}].volumeMounts", container.get("volumeMounts"))


def _check_mounts(path: str, mounts: object) -> Iterator[Violation]:
    if not isinstance(mounts, list):
        return
    for index, mount in enumerate(mounts):
        place = str(mount.get("mountPath", "")).rstrip("/") if isinstance(mount, Mapping) else ""
        whole = isinstance(mount, Mapping) and not mount.get("subPath")
        if place in _MOUNTED_BY_FLINK:
            yield Violation(f"{path}[{index}]", f"{place} is mounted by Flink already", "mount it somewhere else")
        elif place in _PART_OF_THE_IMAGE and whole:
            yield warning(f"{path}[{index}]", f"hides {place} of the image", "mount it somewhere else, or single files with subPath")
