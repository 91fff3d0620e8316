"""The options of the established operator that this one does not have: not yet, or not ever. An option that is built leaves its table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

PREFIX = "kubernetes.operator."
AUTOSCALER_PREFIX = "job.autoscaler."

NOT_YET: frozenset[str] = frozenset(
    PREFIX + name
    for name in (
        "cluster.resource-view.refresh-interval",
        "dynamic.namespaces.enabled",
        "exception.field.max.length",
        "exception.label.mapper",
        "health.canary.resource.timeout",
    )
)

# Families of options whose names the user makes up in part.
NOT_YET_PREFIXES: tuple[str, ...] = (
    AUTOSCALER_PREFIX,
    f"{PREFIX}{AUTOSCALER_PREFIX}",
    f"{PREFIX}bluegreen.",
)

_CACHE = "what is made from a configuration is kept with its resource and made anew when that changes"
_CAUSES = "errors are sentences that name the cause, and no Java exceptions"
_RATE = "changes that come together are one pass, and a pass that fails is made again at growing intervals"
_SCOPE = "metrics have fixed names and labels, as Prometheus has them"

# Option to the reason why there is nothing that it could set; what ends in a dot stands for a family of options.
NOT_APPLICABLE: Mapping[str, str] = {
    "autoscaler.standalone.": "it belongs to the standalone autoscaler, a program of its own",
    **{
        PREFIX + name: reason
        for name, reason in {
            "config.cache.size": _CACHE,
            "config.cache.timeout": _CACHE,
            "exception.stacktrace.enabled": _CAUSES,
            "exception.stacktrace.max.length": _CAUSES,
            "exception.throwable.list.max.count": _CAUSES,
            "resource.lifecycle.metrics.enabled": "durations of changes are always measured",
            "resource.lifecycle.namespace.histograms.enabled": "durations are measured by kind, which is a bounded number of series",
            "resource.deletion.propagation": "whatever is deleted is waited for until its last pod is gone",
            "josdk.metrics.enabled": "there is no Java operator framework, and passes and queues are always measured",
            "jvm.metrics.enabled": "there is no Java virtual machine, and the process is always measured",
            "kubernetes.client.metrics.enabled": "requests to the API server are always counted",
            "kubernetes.client.metrics.http.response.code.groups.enabled": "the count of requests has the code as a label",
            "kubernetes.client.metrics.slow.request.threshold": "all requests to the API server are timed, in buckets",
            "metrics.histogram.sample.size": "histograms count all values in buckets and keep no sample",
            "metrics.scope.": _SCOPE,
            "metrics.": "metrics are served for Prometheus, and no other reporter sends them",
            "plugins.listeners.": "a listener is a Java class, and this operator runs no Java",
            "rate-limiter.limit": _RATE,
            "rate-limiter.refresh-period": _RATE,
            "retry.max.attempts": "a pass that fails is made again until it succeeds",
            "startup.stop-on-informer-error": "filling a cache is tried for two minutes, then the process ends with the cause",
        }.items()
    },
}


def reason_against(key: str) -> str | None:
    """Why the option has nothing to set here; None when it has, or is not known."""
    return next(_reasons(key), None)


def _reasons(key: str) -> Iterator[str]:
    return (reason for name, reason in NOT_APPLICABLE.items() if key == name or (name.endswith(".") and key.startswith(name)))
