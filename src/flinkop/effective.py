"""The effective configuration of the resources in a file, without a cluster and without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flinkop.api.flinkconfiguration import flatten_configuration
from flinkop.api.flinkversion import FlinkVersion
from flinkop.api.kind import Kind
from flinkop.config import OperatorConfig
from flinkop.errors import InvalidSpec
from flinkop.flinkconf import operatoroptions
from flinkop.flinkconf.layers import Given, Layer, Setting, explain
from flinkop.flinkconf.reference import text_of_default
from flinkop.flinkconf.syntax import format_list, parse_list
from flinkop.kindcheck import Manifest, kind_of
from flinkop.kindsettings import EXPLAIN, explain_kind
from flinkop.manifest import Document, Surroundings, check_manifest, name_in, read_manifests, specs_in
from flinkop.redaction import redact, redact_arguments, redact_mapping
from flinkop.resources.speclayers import OWN_CONFIGURATION, PROGRAM_ARGUMENTS

DEFAULT_OF_OPTION, NOT_SET = "default of the option", "not set"
"""Sources of the operator's options that nobody set."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to show: resources of this `name`, or all; where none is named, `namespace`; with or without options that nobody set."""

    name: str | None = None
    namespace: str = "default"
    with_unset: bool = False


@dataclass(frozen=True, slots=True)
class Effective:
    """The configuration of one resource.

    When the spec cannot be read, only `flinkConfiguration` and what stands below it; when the cluster of a job is not in the text, only
    what the job itself says and the operator's part. Then it is not complete.
    """

    document: Document
    namespace: str
    name: str
    settings: tuple[Setting, ...]
    complete: bool


def effective_configurations(text: str, config: OperatorConfig, request: Request) -> Iterator[Effective]:
    """One for each resource of the text that has a configuration and was asked for. Raises NotYaml."""
    yield from effective_of(read_manifests(text), config, request)


def effective_of(objects: Iterable[tuple[int, object]], config: OperatorConfig, request: Request) -> Iterator[Effective]:
    """The same of objects that were read already, each with the place that it has."""
    placed = [(place, _placed(raw, request.namespace)) for place, raw in objects if isinstance(raw, Mapping)]
    around = Surroundings(config.defaults_for, specs_in(raw for _, raw in placed))
    for place, raw in placed:
        kind = kind_of(raw.get("apiVersion"), raw.get("kind"))
        if kind is not None and kind.name in EXPLAIN and request.name in (None, name_in(raw, "name")):
            yield _effective(place, raw, kind, config, around, request)


def _placed(raw: Mapping[str, Any], namespace: str) -> Mapping[str, Any]:
    metadata = raw.get("metadata")
    if name_in(raw, "namespace") or not isinstance(metadata, Mapping):
        return raw
    return {**raw, "metadata": {**metadata, "namespace": namespace}}


def _effective(place: int, raw: Mapping[str, Any], kind: Kind, config: OperatorConfig, around: Surroundings, request: Request) -> Effective:
    manifest = Manifest(name_in(raw, "name"), name_in(raw, "namespace") or request.namespace, raw.get("spec") or {})
    try:
        settings, complete = explain_kind(kind, manifest, config.layers_for, around)
    except InvalidSpec:
        settings, complete = _readable_part(manifest.namespace, manifest.spec, config), False
    if request.with_unset:
        settings = (*settings, *_unset(settings))
    document = check_manifest(place, raw, around)
    return Effective(document, manifest.namespace, manifest.name, tuple(_shown(settings)), complete)


def _readable_part(namespace: str, raw_spec: Any, config: OperatorConfig) -> tuple[Setting, ...]:
    try:
        version = FlinkVersion.parse(raw_spec["flinkVersion"])
        own = flatten_configuration(raw_spec.get("flinkConfiguration") or {})
    except (AttributeError, KeyError, TypeError, ValueError):
        return ()
    return explain([*config.layers_for(namespace, version), Layer(OWN_CONFIGURATION, own)], version)


def _unset(settings: Iterable[Setting]) -> Iterator[Setting]:
    conf = {setting.key: setting.value for setting in settings}
    for option in operatoroptions.ALL:
        if not option.is_set(conf):
            text = text_of_default(option)
            yield Setting(option.key, "", NOT_SET) if text is None else Setting(option.key, text, DEFAULT_OF_OPTION)


def _shown(settings: Iterable[Setting]) -> Iterator[Setting]:
    """Without the options that the operator reads for itself: they are of no resource, and may come from its command line."""
    for setting in sorted(settings, key=lambda setting: setting.key):
        if setting.key not in operatoroptions.SYSTEM_KEYS:
            overridden = tuple(Given(given.source, given.key, _redacted(given.key, given.value)) for given in setting.overridden)
            yield replace(setting, value=_redacted(setting.key, setting.value), overridden=overridden)


def _redacted(key: str, value: str) -> str:
    if key != PROGRAM_ARGUMENTS:
        return redact_mapping({key: value})[key]
    try:
        return format_list(redact_arguments(parse_list(value)))
    except ValueError:
        return redact(value)
