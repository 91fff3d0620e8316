"""Python: a program that comes with PyFlink, on a cluster of its own and on a session cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.cluster import flinkimage, pyflink
from tests.e2e.test_sql import a_session_job
from tests.e2e.world import World, a_flinkdeployment

VERSION = "1.20.5"
IMAGE = f"docker.io/library/flink:{VERSION}"
PROGRAM = {
    "jarURI": None,
    "entryClass": "org.apache.flink.client.python.PythonDriver",
    "args": ["-pym", "pyflink.examples.datastream.streaming_word_count"],
    "upgradeMode": "stateless",
}
