"""Where the fleet listens."""

JOBMANAGER_PORT = 8081
"""Flink's REST port: every `ID-rest` service leads to it."""

CONTROL_PORT = 8091
"""Where the benchmark asks what the fleet was asked."""
