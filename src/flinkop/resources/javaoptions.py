"""The module options that Java 17 needs. They stand in the image's own configuration, which the mounted one hides."""

from __future__ import annotations

from collections.abc import Mapping

from flinkop.api.flinkversion import FlinkVersion

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
    """What to add to `conf`; nothing for versions that run on Java 8 and 11 only, or where it would replace the user's options."""
    if version < FlinkVersion(1, 18):
        return {}
    exports = (*(("java.base/sun.net.util",) if version < FlinkVersion(2, 0) else ()), *_EXPORTS)
    words = [f"--add-exports={name}=ALL-UNNAMED" for name in exports] + [f"--add-opens={name}=ALL-UNNAMED" for name in _OPENS]
    # from 1.19 on there is a key of its own, so that a user's env.java.opts.all does not replace these
    if version >= FlinkVersion(1, 19):
        return {"env.java.default-opts.all": " ".join(words)}
    return {} if "env.java.opts" in conf else {"env.java.opts.all": " ".join(words)}
