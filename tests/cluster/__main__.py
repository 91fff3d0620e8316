"""Local clusters from the command line: `python -m tests.cluster up NAME`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.cluster.instance import known
from tests.cluster.localcluster import LocalCluster, require_up
from tests.cluster.process import Failed


def main() -> None:
    """Reads the arguments and does what they say; a failure is one message on standard error and exit status 1."""
    arguments = _parser().parse_args()
    try:
        _perform(arguments)
    except Failed as failure:
        sys.exit(str(failure))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start a cluster; one that is up is left as it is")
    up.add_argument("--nodes", type=int, default=2)
    load = commands.add_parser("load", help="make an image archive known to every node")
    load.add_argument("archive", type=Path)
    for name in ("start-node", "stop-node"):
        commands.add_parser(name, help=f"{name.partition('-')[0]} one node").add_argument("node", type=int)
    commands.add_parser("down", help="end a cluster and remove all that it made")
    commands.add_parser("kubeconfig", help="print the path of its kubeconfig")
    for command in commands.choices.values():
        command.add_argument("--name", default="dev", help="which cluster; default: dev")
    commands.add_parser("list", help="print the names of all clusters")
    return parser


def _perform(arguments: argparse.Namespace) -> None:
    match arguments.command:
        case "list":
            print("\n".join(instance.name for instance in known()))
        case "up":
            cluster = LocalCluster(arguments.name)
            cluster.up(arguments.nodes)
            print(f"export KUBECONFIG={cluster.kubeconfig}")
        case "down":
            LocalCluster(arguments.name).down()
        case "load":
            require_up(arguments.name).load(arguments.archive)
        case "start-node":
            require_up(arguments.name).start_node(arguments.node)
        case "stop-node":
            require_up(arguments.name).stop_node(arguments.node)
        case "kubeconfig":
            print(require_up(arguments.name).kubeconfig)


if __name__ == "__main__":
    main()
