"""The command line. What a command needs is imported when it runs: `run` must stay light, and `version` quick."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flinkop import __version__
from flinkop.startarguments import add_configuration, given_in, is_in_operators_pod, of_running_operator

if TYPE_CHECKING:
    from typing import TextIO

    from flinkop.config import OperatorConfig
    from flinkop.manifest import Defaults, Document

OK, WRONG, UNUSABLE = 0, 1, 2
"""Exit statuses: all is well; something was found, or went wrong; the input cannot be used."""

_EXIT_STATUS = "Exit status: 0 all is well (warnings allowed), 1 something is wrong, 2 a file or the configuration cannot be read."


_EXPLAIN = "explain"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == [_EXPLAIN]:
        return _explain(given[1:])
    options = _parser().parse_args(given)
    status: int = options.command(options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flinkop", description="A Kubernetes operator for Apache Flink.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="run the operator"))
    _add_validate(commands.add_parser("validate", help="check manifests without a cluster"))
    _add_config(commands.add_parser("config", help="show the effective configuration of resources, and where each value comes from"))
    commands.add_parser(_EXPLAIN, help="tell why a resource is as it is, and what to do next")  # has a parser of its own
    commands.add_parser("crds", help="print the CustomResourceDefinitions").set_defaults(command=_crds)
    commands.add_parser("version", help="print the version").set_defaults(command=_version)
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_run)
    add_configuration(parser)
    parser.add_argument(
        "--kubeconfig", type=Path, help="how to reach the API server; default: KUBECONFIG, the pod's account, ~/.kube/config"
    )
    parser.add_argument("--metrics-port", type=int, help="serve /metrics on a port of its own, not with the health endpoints")
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"), default="info")
    parser.add_argument("--log-format", choices=("json", "console"), help="default: console on a terminal, else json")


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_validate)
    add_configuration(parser)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a YAML file with any number of documents; - is standard input")
    parser.epilog = f"{_EXIT_STATUS} `flinkop config FILE` shows the effective configuration, and where each value comes from."


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_config)
    add_configuration(parser)
    parser.add_argument(
        "file",
        metavar="FILE",
        help="manifests, or what `kubectl get flinkdep -o yaml` gives, a job with its cluster; - is standard input",
    )
    parser.add_argument("--name", help="show only the resource of this name")
    parser.add_argument("--namespace", "-n", default="default", help="the namespace of resources that name none; default: default")
    parser.add_argument("--all", action="store_true", help="show also the operator's options for resources that nobody set")
    parser.add_argument("--output", "-o", choices=("table", "json", "yaml"), default="table", help="default: table, a line for each key")
    parser.epilog = f"{_EXIT_STATUS} Values of secrets are not shown."


def _run(options: argparse.Namespace) -> int:
    import asyncio
    from functools import partial

    import structlog

    from flinkop.config import load_config
    from flinkop.errors import FlinkopError, InvalidConfiguration
    from flinkop.log import LogFormat, LogLevel, format_for, set_up_logging
    from flinkop.logoptions import LogChoice, LogFollower

    choice = LogChoice(LogLevel(options.log_level), LogFormat(options.log_format or format_for(sys.stderr)))
    logs = LogFollower(set_up_logging(choice.level, choice.line_format), choice)
    log = structlog.get_logger(__name__)
    read = partial(load_config, directory=options.config_dir, defaults=dict(options.defaults))

    def load() -> OperatorConfig:
        config = read()
        logs.follow(config)
        return config

    try:
        config = load()
    except InvalidConfiguration as error:
        log.error("configuration cannot be used", problem=str(error))
        return UNUSABLE
    from flinkop import manager
    from flinkop.cyclicgarbage import look_less_often

    look_less_often()
    surroundings = manager.Surroundings(kubeconfig=options.kubeconfig, metrics_port=options.metrics_port, reload=load)
    try:
        asyncio.run(manager.run(config, surroundings))
    except FlinkopError as error:
        log.error("operator ended", problem=str(error))
        return WRONG
    return OK


def _validate(options: argparse.Namespace) -> int:
    config = _load_config(options)
    return UNUSABLE if config is None else max(_validate_file(name, config.defaults_for) for name in options.files)


def _load_config(options: argparse.Namespace) -> OperatorConfig | None:
    """In the operator's pod, the one that the operator has. None when it cannot be used; then it is said why."""
    from flinkop.config import load_config
    from flinkop.errors import InvalidConfiguration

    given = given_in(options)
    if is_in_operators_pod(os.environ):
        started = of_running_operator()
        if started is None:
            print("the operator's process cannot be seen: the defaults of its command line are missing", file=sys.stderr)
        given = given if started is None else given.over(started)
    try:
        return load_config(directory=given.directory, defaults=given.defaults)
    except InvalidConfiguration as error:
        print(error, file=sys.stderr)
        return None


def _validate_file(name: str, defaults: Defaults) -> int:
    """Prints what is wrong with one file, a line each: `file:document Kind/name: error: path: problem; remedy`."""
    from flinkop.manifest import NotYaml, check_manifests

    try:
        documents = list(check_manifests(_read(name), defaults))
    except (OSError, UnicodeDecodeError, NotYaml) as error:
        return _unreadable(name, error)
    errors = sum(_tell_violations(name, document, sys.stdout) for document in documents)
    checked = [document for document in documents if document.violations is not None]
    print(f"{name}: {len(checked)} checked, {len(documents) - len(checked)} of other kinds, {errors} errors")
    return WRONG if errors else OK


def _unreadable(name: str, error: Exception) -> int:
    print(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
    return UNUSABLE


def _tell_violations(name: str, document: Document, stream: TextIO) -> int:
    """Prints what is wrong with one document, and gives the number of errors."""
    violations = document.violations or ()
    for violation in violations:
        print(f"{name}:{document.place} {document.title}: {violation.severity}: {violation}", file=stream)
    return sum(violation.is_error for violation in violations)


def _config(options: argparse.Namespace) -> int:
    config = _load_config(options)
    return UNUSABLE if config is None else _show_configurations(options, config)


def _show_configurations(options: argparse.Namespace, config: OperatorConfig) -> int:
    """Prints what can be shown, and to standard error what is wrong with it."""
    from flinkop.effective import Request, effective_configurations
    from flinkop.effectivetext import FORMS
    from flinkop.manifest import NotYaml

    request = Request(options.name, options.namespace, options.all)
    try:
        found = list(effective_configurations(_read(options.file), config, request))
    except (OSError, UnicodeDecodeError, NotYaml) as error:
        return _unreadable(options.file, error)
    print(FORMS[options.output](found), end="")
    errors = sum(_tell_violations(options.file, effective.document, sys.stderr) for effective in found)
    if not found:
        print(f"{options.file}: has no resource with a configuration{f' {options.name}' if options.name else ''}", file=sys.stderr)
    return OK if found and not errors else WRONG


def _read(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")


def _explain(arguments: Sequence[str]) -> int:
    from flinkop.explain.command import run

    return run(arguments, f"flinkop {_EXPLAIN}")


def _crds(_options: argparse.Namespace) -> int:
    from flinkop.api.crd import render_crds

    print(render_crds(), end="")
    return OK


def _version(_options: argparse.Namespace) -> int:
    print(__version__)
    return OK
