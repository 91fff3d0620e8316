"""A fleet of Flink clusters without JVMs: a fake node, and a server that answers as every JobManager.

API server, scheduler and controllers are the real ones, so thousands of clusters cost what they cost Kubernetes and the operator, and
next to nothing else. Runs in the network namespace of the control plane, at the address that the pods of the fake node get.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from tests.bench.apiserver import connect
from tests.bench.fleet.jobmanager import JobManagers
from tests.bench.fleet.node import Node


async def run(kubeconfig: Path, address: str, hang: str | None) -> None:
    """Runs until standard input ends: with whoever started it, however that ended."""
    abandoned = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, abandoned.set)
    async with connect(kubeconfig) as api:
        jobmanagers = JobManagers(api, hang)
        node = Node(api, address, jobmanagers.forget_job)
        await node.join()
        await jobmanagers.serve(address)
        work = [asyncio.create_task(task) for task in (node.beat(), node.run_pods(), abandoned.wait())]
        done, pending = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        for task in done:
            task.result()


def main() -> None:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fleet", description=__doc__)
    parser.add_argument("kubeconfig", type=Path)
    parser.add_argument("address", help="of the node, its pods and the server")
    parser.add_argument("--hang", metavar="PREFIX", help="clusters whose names begin so accept connections and never answer")
    arguments = parser.parse_args()
    asyncio.run(run(arguments.kubeconfig, arguments.address, arguments.hang))


if __name__ == "__main__":
    main()
