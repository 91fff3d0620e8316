"""Builders of every Kubernetes object of a Flink cluster: pure functions from spec and configuration to JSON.

Source of every name, key and order: the objects that Flink's own KubernetesJobManagerFactory makes, versions 1.16 to 2.3.
"""
