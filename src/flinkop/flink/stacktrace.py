"""Java stack traces, told in one line without secrets: what people read in status, Events and logs."""

from __future__ import annotations

import re
from itertools import islice

from flinkop.redaction import LONGEST_READ, redact_line

_LONGEST_LINE = 500

# Also the first line of a trace, which has no "Caused by". Lines of suppressed exceptions are indented.
_CAUSE = re.compile(
    r"""^ (?: Caused[ ]by:[ ] (\S.*) | (?:Exception[ ]in[ ]thread[ ]"[^"\n]*"[ ])? ([\w.$]+(?:Exception|Error|Throwable)\b.*) ) $""",
    re.MULTILINE | re.VERBOSE,
)

# Exceptions that only carry another one or, in the REST API, a sentence that stands for itself.
_WRAPPERS = re.compile(
    r"""(?: java\.util\.concurrent\.(?:CompletionException|ExecutionException)
        | org\.apache\.flink\.(?:runtime\.)?util\.SerializedThrowable
        | org\.apache\.flink\.runtime\.rest\.(?:handler\.RestHandlerException|NotFoundException)
        ): [ ]""",
    re.VERBOSE,
)

# Flink tries Hadoop for every scheme it does not know, and gives this as the root cause: the one before names the scheme.
_BESIDE_THE_POINT = "Hadoop is not in the classpath/dependencies."

# What is wrong with the value of an option: the causes below tell of the value, and no more of whose it is.
_NAMES_THE_OPTION = re.compile(r"(?:for key|[Cc]onfig(?:uration)? option) '[\w.-]+'")


def find_cause(text: str) -> str | None:
    """The root cause that a Java stack trace in `text` names, in one line; None when there is no stack trace.

    Where an option is wrong, the last cause that names it.
    """
    causes = [caused or first for caused, first in _CAUSE.findall(text)]
    about_options = [cause for cause in causes if _NAMES_THE_OPTION.search(cause)]
    telling = about_options or [cause for cause in causes if _BESIDE_THE_POINT not in cause] or causes
    return _one_line(telling[-1]) if telling else None


def causes_of(trace: str, most: int) -> tuple[str, ...]:
    """The first causes of a stack trace, each in one line: what was thrown, then what it was caused by."""
    found = [_one_line(caused or first) for caused, first in _CAUSE.findall(trace)] or [summarize(trace)]
    return tuple(dict.fromkeys(found))[:most]


def places_of(trace: str, most: int) -> tuple[str, ...]:
    """Where it was thrown: the first lines of the trace that are places in code."""
    lines = (_one_line(line) for line in trace.splitlines() if line.startswith("\tat "))
    return tuple(islice(lines, most))


def summarize(trace: str) -> str:
    """The root cause of a Java stack trace in one line; of any other text its first line."""
    lines = trace.strip().splitlines()
    return find_cause(trace) or (_one_line(lines[0]) if lines else "unknown")


def _one_line(text: str) -> str:
    return redact_line(_without_wrappers(" ".join(text[:LONGEST_READ].split())), _LONGEST_LINE)


def _without_wrappers(line: str) -> str:
    """`A: B: message` as `B: message` where A only wraps B."""
    while wrapper := _WRAPPERS.match(line):
        line = line[wrapper.end() :]
    return line
