"""The command line. What a command needs is imported when it runs: `run` must stay light, and `version` quick."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flinkop import __version__

if TYPE_CHECKING:
    from flinkop.manifest import Defaults

OK, WRONG, UNUSABLE = 0, 1, 2
"""Exit statuses: all is well; something was found, or went wrong; the input cannot be used."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives the exit status."""
    options = _parser().parse_args(arguments)
    status: int = options.command(options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flinkop", description="A Kubernetes operator for Apache Flink.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="run the operator"))
    _add_validate(commands.add_parser("validate", help="check manifests without a cluster"))
    commands.add_parser("crds", help="print the CustomResourceDefinitions").set_defaults(command=_crds)
    commands.add_parser("version", help="print the version").set_defaults(command=_version)
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_run)
    _add_configuration(parser)
    parser.add_argument(
        "--kubeconfig", type=Path, help="how to reach the API server; default: KUBECONFIG, the pod's account, ~/.kube/config"
    )
    parser.add_argument("--metrics-port", type=int, help="serve /metrics on a port of its own, not with the health endpoints")
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"), default="info")
    parser.add_argument("--log-format", choices=("json", "console"), help="default: console on a terminal, else json")


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_validate)
    _add_configuration(parser)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a YAML file with any number of documents; - is standard input")
    parser.epilog = "Exit status: 0 all is well (warnings allowed), 1 something is wrong, 2 a file or the configuration cannot be read."


def _add_configuration(parser: argparse.ArgumentParser) -> None:
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


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not key or not sign:
        raise argparse.ArgumentTypeError("write KEY=VALUE")
    return key, value


def _run(options: argparse.Namespace) -> int:
    import asyncio
    from functools import partial

    import structlog

    from flinkop.config import load_config
    from flinkop.errors import FlinkopError, InvalidConfiguration
    from flinkop.log import LogFormat, LogLevel, format_for, set_up_logging

    load = partial(load_config, directory=options.config_dir, defaults=dict(options.defaults))
    set_up_logging(LogLevel(options.log_level), LogFormat(options.log_format or format_for(sys.stderr)))
    log = structlog.get_logger(__name__)
    try:
        config = load()
    except InvalidConfiguration as error:
        log.error("configuration cannot be used", problem=str(error))
        return UNUSABLE
    from flinkop import manager

    surroundings = manager.Surroundings(kubeconfig=options.kubeconfig, metrics_port=options.metrics_port, reload=load)
    try:
        asyncio.run(manager.run(config, surroundings))
    except FlinkopError as error:
        log.error("operator ended", problem=str(error))
        return WRONG
    return OK


def _validate(options: argparse.Namespace) -> int:
    from flinkop.config import load_config
    from flinkop.errors import InvalidConfiguration

    try:
        config = load_config(directory=options.config_dir, defaults=dict(options.defaults))
    except InvalidConfiguration as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    return max(_validate_file(name, config.defaults_for) for name in options.files)


def _validate_file(name: str, defaults: Defaults) -> int:
    """Prints what is wrong with one file, a line each: `file:document Kind/name: error: path: problem; remedy`."""
    from flinkop.manifest import NotYaml, check_manifests

    try:
        documents = list(check_manifests(_read(name), defaults))
    except (OSError, UnicodeDecodeError, NotYaml) as error:
        print(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return UNUSABLE
    for document in documents:
        for violation in document.violations or ():
            print(f"{name}:{document.place} {document.title}: {violation.severity}: {violation}")
    checked = [document for document in documents if document.violations is not None]
    errors = sum(violation.is_error for document in checked for violation in document.violations or ())
    print(f"{name}: {len(checked)} checked, {len(documents) - len(checked)} of other kinds, {errors} errors")
    return WRONG if errors else OK


def _read(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")


def _crds(_options: argparse.Namespace) -> int:
    from flinkop.api.crd import render_crds

    print(render_crds(), end="")
    return OK


def _version(_options: argparse.Namespace) -> int:
    print(__version__)
    return OK
