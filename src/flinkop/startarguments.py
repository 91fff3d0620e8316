"""The arguments with which the operator was started, for other commands: what `--default` gave it counts for what they show as well."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

_OF_THE_POD = ("OPERATOR_NAMESPACE", "FLINK_CONF_DIR")
"""Both are set in the operator's pod; the second alone may belong to a Flink on somebody's own machine."""
_PROGRAM, _RUN = "flinkop", "run"
PROCESSES = Path("/proc")
"""Where the processes of the pod are seen."""


@dataclass(frozen=True, slots=True)
class StartArguments:
    """The part of them that is configuration."""

    directory: Path | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)

    def over(self, weaker: StartArguments) -> StartArguments:
        """Both, where the weaker ones give way."""
        return StartArguments(self.directory or weaker.directory, {**weaker.defaults, **self.defaults})


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """Makes the parser take them."""
    parser.add_argument(
        "--config-dir", type=Path, help="directory of the operator's config.yaml or flink-conf.yaml; default: FLINK_CONF_DIR"
    )
    parser.add_argument(
        "--default",
        dest="defaults",
        action="append",
        default=[],
        type=_pair,
        metavar="KEY=VALUE",
        help="configuration that holds where the file says nothing; may be repeated",
    )


def given_in(options: argparse.Namespace) -> StartArguments:
    """Those of a parsed command line."""
    return StartArguments(options.config_dir, dict(options.defaults))


def read_command_line(words: Sequence[str]) -> StartArguments | None:
    """Those of a command line that runs the operator; None for any other, and for one that the operator would not take."""
    runs = [place for place, word in enumerate(words) if word == _RUN and place and PurePath(words[place - 1]).name == _PROGRAM]
    if not runs:
        return None
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    add_configuration(parser)
    try:
        options, _ = parser.parse_known_args(words[runs[0] + 1 :])
    except argparse.ArgumentError:
        return None
    return given_in(options)


def is_in_operators_pod(environment: Mapping[str, str]) -> bool:
    """Whether a process with that environment runs beside the operator, as `kubectl exec` starts it."""
    return all(environment.get(name) for name in _OF_THE_POD)


def of_running_operator(processes: Path | None = None) -> StartArguments | None:
    """Those of the operator that runs in the same pod; None when it cannot be seen."""
    found = map(read_command_line, _command_lines(processes or PROCESSES))
    return next((arguments for arguments in found if arguments is not None), None)


def _command_lines(processes: Path) -> Iterator[list[str]]:
    """Of every process that can be seen, the first one first. One that has ended meanwhile has none."""
    for path in sorted(processes.glob("[0-9]*/cmdline"), key=lambda path: int(path.parent.name)):
        try:
            yield path.read_bytes().decode(errors="replace").removesuffix("\0").split("\0")
        except OSError:
            continue


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not key or not sign:
        raise argparse.ArgumentTypeError("write KEY=VALUE")
    return key, value
