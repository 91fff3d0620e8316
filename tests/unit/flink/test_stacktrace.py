"""Stack traces, most of them of real JobManagers, in one line that names the root cause and no secret."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.flink.transcript import BAD_SAVEPOINT, MULTILINE, NESTED, NOBODYS, SUPPRESSED, VERSIONS, exchange

from flinkop.flink.stacktrace import causes_of, find_cause, places_of, summarize

BAD_DIRECTORY_CAUSE = (
    "org.apache.flink.core.fs.UnsupportedFileSystemSchemeException: Could not find a file system implementation for scheme 'nosuch'. "
    "The scheme is not directly supported by Flink and no Hadoop file system to support this scheme could be loaded. "
    "For a full list of supported file systems, please see https://nightlies.apache.org/flink/flink-docs-stable/ops/filesystems/."
)
SAVEPOINT_CAUSE = (
    "java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory 'file:///nosuch' on file system 'file'."
)
NO_DIRECTORY = "Config key [execution.checkpointing.savepoint-dir] is not set. Property [target-directory] must be provided."

# What happened, the end of the request, and the line.
RECORDED: dict[str, tuple[str, str, str]] = {
    "a cause of a cause of a cause": (
        "nested",
        f"{NESTED}/execution-result",
        "java.net.ConnectException: Connection refused: jdbc:postgresql://******@db:5432/x?password=******",
    ),
    "a message of several lines": ("multiline", f"{MULTILINE}/execution-result", "java.lang.IllegalStateException: first line"),
    "exceptions that are suppressed": ("suppressed", f"{SUPPRESSED}/execution-result", "java.lang.IllegalStateException: the real one"),
    "wrappers around the cause": ("bad savepoint", f"{BAD_SAVEPOINT}/execution-result", SAVEPOINT_CAUSE),
    "a root cause that is beside the point": ("failed bad directory", f"savepoints/{'3' * 32}", BAD_DIRECTORY_CAUSE),
    "a sentence of the REST API": ("trigger without directory", "savepoints", NO_DIRECTORY),
    "a sentence of the REST API with a cause": (
        "cancel unknown",
        "mode=cancel",
        f"org.apache.flink.runtime.messages.FlinkJobNotFoundException: Could not find Flink job ({NOBODYS})",
    ),
    "a text without a trace": ("no such page", "/nosuch", "Unable to load requested file /nosuch."),
}


def trace_in(answer: dict[str, Any]) -> str:
    """The stack trace of an error, a savepoint's status or a job's result."""
    match answer:
        case {"errors": [str(text)]}:
            return text
        case {"operation": {"failure-cause": {"stack-trace": str(text)}}}:
            return text
        case {"job-execution-result": {"failure-cause": {"stack-trace": str(text)}}}:
            return text
    raise AssertionError("no stack trace in this answer")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("row", RECORDED.values(), ids=RECORDED.keys())
def test_a_recorded_failure_is_told_by_its_root_cause(row: tuple[str, str, str], version: str) -> None:
    what, request, line = row
    assert summarize(trace_in(exchange(version, what, request).answer)) == line


COMPLETION = "java.util.concurrent.CompletionException"
TEXTS: dict[str, tuple[str, str]] = {
    "one line": (
        "java.lang.IllegalArgumentException: no topic given\n\tat Main.main(Main.java:1)",
        "java.lang.IllegalArgumentException: no topic given",
    ),
    "no message": ("Exception\nCaused by: java.lang.NullPointerException\n\tat A.b(A.java:1)", "java.lang.NullPointerException"),
    "a name that does not tell it is an exception": ("java.lang.Error: a\nCaused by: com.acme.Boom: bang", "com.acme.Boom: bang"),
    "wrappers in one line": (f"{COMPLETION}: {COMPLETION}: java.io.IOException: gone", "java.io.IOException: gone"),
    "a serialized one": (
        "org.apache.flink.util.SerializedThrowable: java.lang.RuntimeException: boom",
        "java.lang.RuntimeException: boom",
    ),
    "a wrapper that says something": (
        "java.lang.RuntimeException: java.io.IOException: gone",
        "java.lang.RuntimeException: java.io.IOException: gone",
    ),
    "an option with a wrong value": (
        "org.apache.flink.configuration.IllegalConfigurationException: Cannot read the sizes\n\tat A.b(A.java:1)\n"
        "Caused by: java.lang.IllegalArgumentException: Could not parse value '4x' for key 'taskmanager.numberOfTaskSlots'.\n"
        '\tat A.b(A.java:1)\nCaused by: java.lang.NumberFormatException: For input string: "4x"\n\tat A.b(A.java:1)',
        "java.lang.IllegalArgumentException: Could not parse value '4x' for key 'taskmanager.numberOfTaskSlots'.",
    ),
    "an option with a wrong value, named twice": (
        "a.IllegalConfigurationException: Cannot read memory size from config option 'jobmanager.memory.process.size'.\n"
        "Caused by: a.IllegalArgumentException: Could not parse value '1q' for key 'jobmanager.memory.process.size'.\n"
        "Caused by: a.IllegalArgumentException: Memory size unit 'q' does not match any of the recognized units: b",
        "a.IllegalArgumentException: Could not parse value '1q' for key 'jobmanager.memory.process.size'.",
    ),
    "on the side of the server": (
        f"<Exception on server side:\n{COMPLETION}: java.io.IOException: gone\n\tat A.b(A.java:1)\nEnd of exception on server side>",
        "java.io.IOException: gone",
    ),
    "of a thread": ('Exception in thread "main" java.lang.OutOfMemoryError: heap\n\tat A.b(A.java:1)', "java.lang.OutOfMemoryError: heap"),
    "only beside the point": (
        "a.SchemeException: Hadoop is not in the classpath/dependencies.",
        "a.SchemeException: Hadoop is not in the classpath/dependencies.",
    ),
    "a password": ("java.io.IOException: s3.secret-key: abc, host: x", "java.io.IOException: s3.secret-key: ****** host: x"),
    "blanks": ("  \n ", "unknown"),
    "nothing": ("", "unknown"),
    "no trace": ("  some text\n more", "some text"),
}


@pytest.mark.parametrize(("trace", "line"), TEXTS.values(), ids=TEXTS.keys())
def test_a_text_is_told_in_one_line(trace: str, line: str) -> None:
    assert summarize(trace) == line


def test_a_text_without_a_trace_has_no_cause() -> None:
    assert find_cause("2026-01-01 INFO started\nall is well") is None


def test_a_trace_among_the_lines_of_a_log_is_found() -> None:
    log = (
        "2026-01-01 ERROR Fatal\njava.lang.RuntimeException: a\n\tat A.b(A.java:1)\nCaused by: java.io.IOException: b\n2026-01-01 INFO bye"
    )
    assert find_cause(log) == "java.io.IOException: b"


@given(st.text())
def test_whatever_comes_is_told_in_one_short_line(text: str) -> None:
    line = summarize(text)
    assert 0 < len(line) <= 500
    assert line.splitlines() == [line]


@pytest.mark.parametrize("message", ["x" * 5_000_000, "Exception" * 500_000, "Caused by: " * 400_000], ids=lambda m: m[:9])
def test_a_message_of_megabytes_is_cut(message: str) -> None:
    line = summarize(f"java.io.IOException: {message}\n\tat A.b(A.java:1)")
    assert len(line) == 500
    assert line.endswith("…")


def test_a_secret_of_megabytes_is_hidden() -> None:
    assert summarize(f"java.io.IOException: password={'x' * 5_000_000}") == "java.io.IOException: password=******"


TRACE = """java.util.concurrent.CompletionException: java.lang.RuntimeException: it broke
\tat org.example.Map.map(Map.java:7)
\tat org.example.Task.run(Task.java:9)
Caused by: java.lang.RuntimeException: it broke
\tat org.example.Map.map(Map.java:6)
Caused by: java.io.IOException: password=hunter2
Caused by: java.lang.Error: third
Caused by: java.lang.Error: fourth
"""


def test_the_first_causes_are_told_each_once_without_wrappers_and_secrets() -> None:
    assert causes_of(TRACE, 3) == (
        "java.lang.RuntimeException: it broke",
        "java.io.IOException: password=******",
        "java.lang.Error: third",
    )
    assert causes_of("no trace at all", 3) == ("no trace at all",)


def test_where_it_was_thrown_is_told_by_the_first_lines() -> None:
    assert places_of(TRACE, 2) == ("at org.example.Map.map(Map.java:7)", "at org.example.Task.run(Task.java:9)")
    assert places_of(TRACE, 0) == ()
