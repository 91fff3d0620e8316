"""The module options that Java 17 needs. They stand in the image's own configuration, which the mounted one hides."""

from __future__ import annotations

from collections.abc import Mapping

from flinkop.api.flinkversion import FlinkVersion

_DEFAULTS = "env.java.default-opts.all"
_ALL = "env.java.opts.all"
_ALL_BEFORE_1_17 = "env.java.opts"

_EXPORTS = (
    "java.rmi/sun.rmi.registry",
    "java.security.jgss/sun.security.krb5",
)
_OPENS = (
    "java.base/java.lang",
    "java.base/java.net",
    "java.base/java.io",
    "java.base/java.nio",
    "java.base/sun.nio.ch",
    "java.base/java.lang.reflect",
    "java.base/java.text",
    "java.base/java.time",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/java.util.concurrent.locks",
)


def default_java_options(version: FlinkVersion, conf: Mapping[str, str]) -> dict[str, str]:
    """What to set beside `conf`. From 1.19 on there is a key for it; 1.18 has one for all options, where the user's come last."""
    if version < FlinkVersion(1, 18):  # Java 8 and 11 only
        return {}
    if version >= FlinkVersion(1, 19):
        return {} if _DEFAULTS in conf else {_DEFAULTS: _module_options(version)}
    own = conf.get(_ALL, conf.get(_ALL_BEFORE_1_17, ""))
    return {_ALL: f"{_module_options(version)} {own}".strip()}


def _module_options(version: FlinkVersion) -> str:
    exports = (*(("java.base/sun.net.util",) if version < FlinkVersion(2, 0) else ()), *_EXPORTS)
    return " ".join([*(f"--add-exports={name}=ALL-UNNAMED" for name in exports), *(f"--add-opens={name}=ALL-UNNAMED" for name in _OPENS)])
