"""A configuration that is made of layers, one over the other, and where each of its values comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf import flinkoptions as flink
from flinkop.flinkconf import operatoroptions

OPERATOR_CONFIGURATION = "operator configuration"
"""The source of what the operator's own configuration says for all clusters."""

# All names of an option that has several: where its loss would lose state, and where it is the operator's own.
_NAMES = (
    *((option.key, *option.fallback_keys) for option in (flink.HIGH_AVAILABILITY, flink.CHECKPOINT_DIRECTORY, flink.SAVEPOINT_DIRECTORY)),
    (flink.NEW_UNCLAIMED_STATE, flink.UNCLAIMED_STATE),
    *((option.key, *option.fallback_keys) for option in operatoroptions.ALL if option.fallback_keys),
)
_OTHER_NAMES = {name: tuple(other for other in names if other != name) for names in _NAMES for name in names}
_SINCE = {**{key: since for key, (since, _) in flink.NEW_NAMES.items()}, flink.NEW_UNCLAIMED_STATE: FlinkVersion(1, 20)}


@dataclass(frozen=True, slots=True)
class Layer:
    """What one source says. A layer that gives way holds only where no layer before it has said anything."""

    source: str
    conf: Mapping[str, str]
    gives_way: bool = False

    def over(self, present: Collection[str]) -> Mapping[str, str]:
        """The part of it that counts where the keys `present` are set already."""
        return {key: value for key, value in self.conf.items() if key not in present} if self.gives_way else self.conf


@dataclass(frozen=True, slots=True)
class Given:
    """What one source said, perhaps under another name of the option."""

    source: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that holds, its source, and what the source won over, the strongest first."""

    key: str
    value: str
    source: str
    overridden: tuple[Given, ...] = ()


def put(layer: Layer, conf: dict[str, str], version: FlinkVersion) -> None:
    """Lays it over `conf`, in which the other names of what it sets are gone then: Flink prefers the new name, whoever wrote it."""
    counting = layer.over(conf)
    for key in counting:
        for name in other_names(key, version):
            conf.pop(name, None)
    conf.update(counting)


def merge(layers: Iterable[Layer], version: FlinkVersion) -> dict[str, str]:
    """The configuration that the layers make, the weakest first."""
    conf: dict[str, str] = {}
    for layer in layers:
        put(layer, conf, version)
    return conf


def explain(layers: Iterable[Layer], version: FlinkVersion) -> tuple[Setting, ...]:
    """The same configuration as `merge` makes, each value with its source; sorted by key."""
    settings: dict[str, Setting] = {}
    for layer in layers:
        _explain_layer(layer, settings, version)
    return tuple(settings[key] for key in sorted(settings))


def _explain_layer(layer: Layer, settings: dict[str, Setting], version: FlinkVersion) -> None:
    counting = layer.over(settings)
    for key in layer.conf.keys() - counting.keys():
        given = Given(layer.source, key, layer.conf[key])
        settings[key] = replace(settings[key], overridden=(*settings[key].overridden, given))
    names = {key: (key, *other_names(key, version)) for key in counting}
    weaker = {name: settings.pop(name) for group in names.values() for name in group if name in settings}
    for key, value in counting.items():
        lost = [given for name in names[key] if name in weaker for given in _given_by(weaker[name])]
        settings[key] = Setting(key, value, layer.source, tuple(lost))


def _given_by(setting: Setting) -> tuple[Given, ...]:
    return (Given(setting.source, setting.key, setting.value), *setting.overridden)


def other_names(key: str, version: FlinkVersion) -> tuple[str, ...]:
    """Under what else Flink, or the operator, knows the option `key`.

    None where `version` does not know `key`: what it ignores must hide nothing that it reads.
    """
    return () if version < _SINCE.get(key, version) else _OTHER_NAMES.get(key, ())
