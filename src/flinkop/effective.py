"""The effective configuration of the resources in a file, without a cluster and without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flinkop.api.flinkconfiguration import flatten_configuration
from flinkop.api.flinkdeployment import parse_spec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.api.kind import FLINK_DEPLOYMENT
from flinkop.config import OperatorConfig
from flinkop.errors import InvalidSpec
from flinkop.flinkconf import operatoroptions
from flinkop.flinkconf.layers import Given, Layer, Setting, explain
from flinkop.flinkconf.reference import text_of_default
from flinkop.flinkconf.syntax import format_list, parse_list
from flinkop.manifest import Document, Surroundings, check_manifest, name_in, read_manifests
from flinkop.redaction import redact, redact_arguments, redact_mapping
from flinkop.resources.configuration import explain_configuration
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
    """The configuration of one resource. When the spec cannot be read, only `flinkConfiguration` and what stands below it."""

    document: Document
    namespace: str
    name: str
    settings: tuple[Setting, ...]
    complete: bool


def effective_configurations(text: str, config: OperatorConfig, request: Request) -> Iterator[Effective]:
    """One for each FlinkDeployment of the text that was asked for. Raises NotYaml."""
    for place, raw in read_manifests(text):
        if isinstance(raw, Mapping) and raw.get("kind") == FLINK_DEPLOYMENT.name and request.name in (None, name_in(raw, "name")):
            yield _effective(place, _placed(raw, request.namespace), config, request)


def _placed(raw: Mapping[str, Any], namespace: str) -> Mapping[str, Any]:
    metadata = raw.get("metadata")
    if name_in(raw, "namespace") or not isinstance(metadata, Mapping):
        return raw
    return {**raw, "metadata": {**metadata, "namespace": namespace}}


def _effective(place: int, raw: Mapping[str, Any], config: OperatorConfig, request: Request) -> Effective:
    namespace, name, raw_spec = name_in(raw, "namespace") or request.namespace, name_in(raw, "name"), raw.get("spec") or {}
    try:
        spec = parse_spec(raw_spec)
        settings, complete = explain_configuration(namespace, name, spec, config.layers_for(namespace, spec.flink_version)), True
    except InvalidSpec:
        settings, complete = _readable_part(namespace, raw_spec, config), False
    if request.with_unset:
        settings = (*settings, *_unset(settings))
    document = check_manifest(place, raw, Surroundings(config.defaults_for))
    return Effective(document, namespace, name, tuple(_shown(settings)), complete)


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
