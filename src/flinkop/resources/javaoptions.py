"""The module options that Java 17 needs. They stand in the image's own configuration, which the mounted one hides."""

from __future__ import annotations

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


def default_java_options(version: FlinkVersion) -> dict[str, str]:
    """The option and its value; nothing for versions that run on Java 8 and 11 only."""
    if version < FlinkVersion(1, 18):
        return {}
    exports = (*(("java.base/sun.net.util",) if version < FlinkVersion(2, 0) else ()), *_EXPORTS)
    words = [f"--add-exports={name}=ALL-UNNAMED" for name in exports] + [f"--add-opens={name}=ALL-UNNAMED" for name in _OPENS]
    # from 1.19 on there is a key of its own, so that a user's env.java.opts.all does not replace these
    key = "env.java.opts.all" if version < FlinkVersion(1, 19) else "env.java.default-opts.all"
    return {key: " ".join(words)}
