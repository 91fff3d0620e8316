"""Which options a job on a session cluster can have."""

from __future__ import annotations

import pytest

from flinkop.flinkconf.joboption import is_for_operator, is_of_cluster, is_sent_with_job

OF_CLUSTER, SENT, OF_OPERATOR, OF_REQUEST = "cluster", "sent", "operator", "request"

ROWS = {
    "execution.checkpointing.interval": SENT,
    "execution.checkpointing.dir": SENT,
    "state.checkpoints.dir": SENT,
    "state.backend.type": SENT,
    "pipeline.name": SENT,
    "parallelism.default": SENT,
    "restart-strategy.type": SENT,
    "table.exec.state.ttl": SENT,
    "python.files": SENT,
    "metrics.latency.interval": SENT,
    "made.up": SENT,
    "execution.savepoint.ignore-unclaimed-state": SENT,
    "execution.savepoint.path": OF_REQUEST,
    "execution.state-recovery.path": OF_REQUEST,
    "execution.target": OF_REQUEST,
    "pipeline.jars": OF_REQUEST,
    "$internal.pipeline.job-id": OF_REQUEST,
    "kubernetes.operator.job.restart.failed": OF_OPERATOR,
    "job.autoscaler.enabled": OF_OPERATOR,
    "kubernetes.service-account": OF_CLUSTER,
    "taskmanager.numberOfTaskSlots": OF_CLUSTER,
    "jobmanager.scheduler": OF_CLUSTER,
    "high-availability": OF_CLUSTER,
    "high-availability.type": OF_CLUSTER,
    "metrics.reporter.prom.port": OF_CLUSTER,
    "rest.port": OF_CLUSTER,
    "s3.access-key": OF_CLUSTER,
    "env.java.opts.all": OF_CLUSTER,
}


@pytest.mark.parametrize(("key", "expected"), ROWS.items(), ids=ROWS.keys())
def test_every_option_is_of_one_sort(key: str, expected: str) -> None:
    sorts = {OF_OPERATOR: is_for_operator(key), OF_CLUSTER: is_of_cluster(key), SENT: is_sent_with_job(key)}
    assert [sort for sort, fits in sorts.items() if fits] == ([] if expected == OF_REQUEST else [expected])
