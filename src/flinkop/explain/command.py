"""`flinkop explain`, which kubectl also finds as `kubectl flink explain`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from flinkop.clock import SystemClock
from flinkop.errors import FlinkopError
from flinkop.explain.build import build_report
from flinkop.explain.facts import Facts
from flinkop.explain.fetch import Fetch
from flinkop.explain.target import NotATarget, Target, read_target
from flinkop.explain.text import print_report, render_json
from flinkop.kube.client import KubeClient
from flinkop.kube.connection import find_connection

_WRONG, _UNUSABLE = 1, 2

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class Form(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"


@app.command()
def explain(
    target: Annotated[list[str], typer.Argument(metavar="KIND/NAME", help="for example flinkdep/my-job")],
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="the namespace of the resource")] = "default",
    output: Annotated[Form, typer.Option("--output", "-o", help="text for people, or json")] = Form.TEXT,
    kubeconfig: Annotated[
        Path | None, typer.Option(help="how to reach the API server; default: as kubectl does, or the pod's account")
    ] = None,
    context: Annotated[str | None, typer.Option(help="the context of the kubeconfig")] = None,
    operator_namespace: Annotated[str, typer.Option(help="where the operator's configuration is")] = "flinkop",
) -> None:
    """Why a resource is as it is: what it waits for, what was decided, what its state is, how its pods fare, and what to do next.

    Reads only, with your own rights. Exit status: 0 the report is written, 1 the resource is not there or cannot be read, 2 wrong usage.
    """
    try:
        wanted = read_target(target, namespace)
    except NotATarget as error:
        _fail(str(error), _UNUSABLE)
    try:
        facts = asyncio.run(_fetch(wanted, kubeconfig, context, operator_namespace))
    except FlinkopError as error:
        _fail(f"{wanted.kind.name}/{wanted.name}: {error}", _WRONG)
    if facts is None:
        _fail(f"{wanted.kind.name}/{wanted.name}: there is none in the namespace {namespace}; name another with -n", _WRONG)
    report = build_report(facts)
    if output is Form.JSON:
        sys.stdout.write(render_json(report))
    else:
        print_report(report, SystemClock().now(), sys.stdout)


def _fail(message: str, status: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(status)


async def _fetch(target: Target, kubeconfig: Path | None, context: str | None, operator_namespace: str) -> Facts | None:
    kube = KubeClient(await find_connection(kubeconfig, context), "flinkop-explain")
    try:
        return await Fetch(kube, target, operator_namespace).run()
    finally:
        await kube.close()


def run(arguments: Sequence[str], program: str) -> int:
    """Runs the command with these arguments and gives the exit status."""
    try:
        status = app(args=list(arguments), prog_name=program, standalone_mode=False)
    except typer.Exit as end:
        return end.exit_code
    except Exception as error:  # click's, which typer brings along or has of its own
        if not hasattr(error, "format_message"):
            raise
        typer.echo(error.format_message(), err=True)
        return _UNUSABLE
    return status if isinstance(status, int) else 0
