"""The options of the established operator that this one does not have (yet). An option that is built leaves this table."""

from __future__ import annotations

PREFIX = "kubernetes.operator."
AUTOSCALER_PREFIX = "job.autoscaler."

NOT_YET: frozenset[str] = frozenset(
    PREFIX + name
    for name in (
        "cluster.health-check.checkpoint-progress.enabled",
        "cluster.health-check.checkpoint-progress.window",
        "cluster.health-check.enabled",
        "cluster.health-check.restarts.threshold",
        "cluster.health-check.restarts.window",
        "cluster.resource-view.refresh-interval",
        "config.cache.size",
        "config.cache.timeout",
        "deployment.rollback.enabled",
        "dynamic.namespaces.enabled",
        "events.exceptions.limit-per-reconciliation",
        "events.exceptions.stacktrace-lines",
        "exception.field.max.length",
        "exception.label.mapper",
        "exception.stacktrace.enabled",
        "exception.stacktrace.max.length",
        "exception.throwable.list.max.count",
        "health.canary.resource.timeout",
        "job.restart.failed",
        "job.submission.timeout",
        "job.upgrade.inplace-scaling.enabled",
        "josdk.metrics.enabled",
        "jvm.metrics.enabled",
        "kubernetes.client.metrics.enabled",
        "kubernetes.client.metrics.http.response.code.groups.enabled",
        "kubernetes.client.metrics.slow.request.threshold",
        "rate-limiter.limit",
        "rate-limiter.refresh-period",
        "resource.deletion.propagation",
        "resource.lifecycle.metrics.enabled",
        "resource.lifecycle.namespace.histograms.enabled",
        "resource.metrics.enabled",
        "retry.max.attempts",
        "savepoint.dispose-on-delete",
        "session.deletion.block-on-session-jobs",
        "snapshot.resource.enabled",
        "startup.stop-on-informer-error",
        "user.artifacts.allowed-schemes",
        "user.artifacts.base.dir",
        "user.artifacts.disallow-restricted-hosts",
        "user.artifacts.http.header",
    )
)

# Families of options whose names the user makes up in part.
NOT_YET_PREFIXES: tuple[str, ...] = (
    AUTOSCALER_PREFIX,
    f"{PREFIX}{AUTOSCALER_PREFIX}",
    f"{PREFIX}bluegreen.",
    f"{PREFIX}metrics.",
    f"{PREFIX}plugins.listeners.",
)
