"""Flink's REST API as the operator uses it. Knows no Kubernetes; foreign exceptions end here."""
