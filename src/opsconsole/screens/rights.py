"""Which right is missing where, in the words of the API server's refusals: `forbidden: needs list pods in payroll`."""

from collections.abc import Sequence
from typing import Any

from ..poller.topics import (
    BUDGETS,
    CLAIMS,
    CONFIG_CHANGES,
    ENDPOINTS,
    EVENTS,
    HPAS,
    K8S_SERVICES,
    PODS,
    QUOTAS,
    REPLICA_SETS,
    WORKLOADS,
    Topic,
)
from ..text.clean import clean

RESOURCES: dict[Topic[Any], str] = {
    PODS: "pods",
    WORKLOADS: "deployments",
    REPLICA_SETS: "replicasets",
    HPAS: "horizontalpodautoscalers",
    EVENTS: "events",
    CONFIG_CHANGES: "configmaps",
    BUDGETS: "poddisruptionbudgets",
    K8S_SERVICES: "services",
    QUOTAS: "resourcequotas",
    ENDPOINTS: "endpointslices",
    CLAIMS: "persistentvolumeclaims",
}
"""What is listed for a topic; of the workloads the kind that stands for all of them."""
NAMED = 3
"""So many namespaces are named, the others counted."""


def forbidden(topic: Topic[Any] | None, denied: Sequence[str]) -> str:
    """`denied` are namespaces that may not be listed; "*" among them: not all at once."""
    what = RESOURCES.get(topic, topic.name) if topic is not None else "it"
    if "*" in denied:
        return f"forbidden: needs list {what} in all namespaces; shown are those that may be listed"
    names = [clean(name, 63) for name in denied]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"forbidden: needs list {what} in {', '.join(names[:NAMED])}{more}"
