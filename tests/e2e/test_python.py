"""Python: a program that comes with PyFlink, on a cluster of its own and on a session cluster."""

from __future__ import annotations

VERSION = "1.20.5"
IMAGE = f"docker.io/library/flink:{VERSION}"
PROGRAM = {
    "jarURI": None,
    "entryClass": "org.apache.flink.client.python.PythonDriver",
    "args": ["-pym", "pyflink.examples.datastream.streaming_word_count"],
    "upgradeMode": "stateless",
}
