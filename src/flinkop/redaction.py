"""Keeps secrets out of everything that people or machines read: logs, Events, status, command output."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

# The text that Flink shows in place of a secret (GlobalConfiguration.HIDDEN_CONTENT).
HIDDEN = "******"

LONGEST_READ = 20_000
"""Characters of a text of others that are searched for secrets."""

# Flink's GlobalConfiguration.SENSITIVE_KEYS, 1.16 to 2.3; then what else carries credentials in practice.
_SENSITIVE = (
    "password",
    "secret",
    "fs.azure.account.key",
    "apikey",
    "api-key",
    "auth-params",
    "service-key",
    "token",
    "basic-auth",
    "jaas.config",
    "http-headers",
    "http.header",
    "authorization",
    "credential",
    "access-key",
    "access.key",
)

# How sentences go on behind `"my-token" : ` or `spec.my-token: `: Kubernetes' about volumes and accounts, and complaints about fields.
# Whole phrases, of which the second word would be no part of a secret in any form that is hidden here; a first word alone may be one.
_PROSE = (
    r'(?:secret|configmap|object|serviceaccount)[ ]"',
    r"Required[ ]value\b",
    r"failed[ ]to[ ]",
    r"references[ ]non-existent[ ]",
    r"rpc[ ]error:[ ]",
    r"(?:must|cannot|may|should)[ ](?:be|not)[ ]",
    r"(?:is|was|does|could)[ ]not[ ]",
)

# Matches in linear time: a name is looked at once, from its first letter, and never given back (possessive `++`).
_PAIR = re.compile(
    r"""(?ix) (?<![\w.$-]) (?= [\w.$-]*? (?: """
    + "|".join(re.escape(part) for part in _SENSITIVE)
    + r""" ))
    (?P<name> [\w.$-]++ ) (?P<sign> ["']? [ \t]*+ (?: = [ \t]*+ | : [ \t]*+ (?! (?<=[ ]) (?-i: """
    + "|".join(_PROSE)
    + r""" ) ) ) )
    (?: '(?:[^'\\]|\\.)*+' | "(?:[^"\\]|\\.)*+" | (?: (?:bearer|basic) [ \t]+ )? \S++ )"""
)
_USER_IN_URL = re.compile(r"(?<![\w+.-])(?P<scheme>[a-zA-Z][\w+.-]*+://)(?:[^\s/@]++@)++")


@lru_cache(maxsize=4096)
def is_sensitive(key: str) -> bool:
    """Whether the value of this configuration key may not be shown."""
    lowered = key.lower()
    return any(part in lowered for part in _SENSITIVE)


def redact(text: str) -> str:
    """`text` without the values that stand behind sensitive names (`s3.secret-key: x`, `"token": "x"`), nor users in URLs."""
    if ":" not in text and "=" not in text:
        return text
    return _PAIR.sub(rf"\g<name>\g<sign>{HIDDEN}", _USER_IN_URL.sub(rf"\g<scheme>{HIDDEN}@", text))


def redact_line(text: str, longest: int) -> str:
    """`text` without secrets in one line of at most `longest` characters. It may be as long as it likes: only its beginning is searched."""
    line = redact(" ".join(text[:LONGEST_READ].split()))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def redact_arguments(arguments: Iterable[str]) -> list[str]:
    """The arguments of a program that can be shown: `--password x` is hidden as `--password=x` is."""
    shown: list[str] = []
    after_secret = False
    for argument in arguments:
        shown.append(HIDDEN if after_secret else redact(argument))
        after_secret = argument.startswith("-") and "=" not in argument and is_sensitive(argument)
    return shown


def redact_mapping(conf: Mapping[str, str]) -> dict[str, str]:
    """A configuration that can be shown."""
    return {key: HIDDEN if is_sensitive(key) else redact(value) for key, value in conf.items()}
