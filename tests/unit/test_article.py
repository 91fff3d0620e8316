"""The two manifests that this project was started from work as they stand."""

from __future__ import annotations

from flinkop.api.cluster import DeploymentMode
from flinkop.api.flinkapplication import parse_application_spec
from flinkop.api.flinkcluster import parse_cluster_spec
from flinkop.api.flinksessionjob import FlinkSessionJobSpec
from flinkop.manifest import check_manifests, read_manifests
from flinkop.resources.configuration import build_configuration
from flinkop.resources.simpleapplication import adapt_application
from flinkop.resources.simplecluster import adapt_cluster

ARTICLE = """
apiVersion: flink.apache.org/v1
kind: FlinkCluster
metadata: {name: my-flink-cluster}
spec:
  flinkVersion: v1.20
  serviceAccount: flink-operator
  job: {parallelism: 1}
  taskManager: {replicas: 1}
---
apiVersion: flink.apache.org/v1
kind: FlinkApplication
metadata: {name: my-flink-job}
spec:
  flinkCluster: {name: my-flink-cluster}
  job: {jarURI: local:///path/to/your/flink-job.jar, parallelism: 2}
"""

CLUSTER, APPLICATION = (raw["spec"] for _, raw in read_manifests(ARTICLE) if isinstance(raw, dict))


def test_nothing_is_wrong_with_them() -> None:
    documents = list(check_manifests(ARTICLE, lambda _namespace, _version: {}))

    assert [document.title for document in documents] == ["FlinkCluster/my-flink-cluster", "FlinkApplication/my-flink-job"]
    assert [str(found) for document in documents for found in document.violations or () if found.is_error] == []


def test_the_cluster_is_a_standalone_session_cluster_with_one_taskmanager() -> None:
    spec = adapt_cluster(parse_cluster_spec(CLUSTER))

    assert (spec.job, spec.mode, spec.task_manager.replicas) == (None, DeploymentMode.STANDALONE, 1)
    assert (spec.image, str(spec.flink_version), spec.service_account) == ("flink:1.20", "v1_20", "flink-operator")


def test_the_job_fits_on_the_cluster() -> None:
    cluster, job = adapt_cluster(parse_cluster_spec(CLUSTER)), adapt_application(parse_application_spec(APPLICATION))
    slots = build_configuration("default", "my-flink-cluster", cluster, {})["taskmanager.numberOfTaskSlots"]

    assert isinstance(job, FlinkSessionJobSpec)
    assert job.deployment_name == "my-flink-cluster"
    assert job.job is not None
    assert job.job.jar_uri == "local:///path/to/your/flink-job.jar"
    assert job.job.parallelism == 2 <= int(slots)
