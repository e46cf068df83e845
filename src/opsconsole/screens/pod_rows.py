"""How the rows of the Pods tab are called: keys, names and addresses."""

from typing import Any

from ..model.kubernetes import Workload
from ..rules.cluster_index import Key

_KINDS = {
    "Pod": "Pod", "Node": "Node", "Hpa": "HorizontalPodAutoscaler", "ReplicaSet": "ReplicaSet",
    "Budget": "PodDisruptionBudget", "Service": "Service", "EndpointSlice": "EndpointSlice", "Namespace": "Namespace",
    "Quota": "ResourceQuota", "Claim": "PersistentVolumeClaim",
}  # fmt: skip
"""Types of rows whose kind does not stand in the row."""
SHORT = {
    "HorizontalPodAutoscaler": "hpa", "PodDisruptionBudget": "pdb", "PersistentVolumeClaim": "pvc",
    "ResourceQuota": "quota",
}  # fmt: skip
"""kubectl's short names where the long one is too long to read."""


def key_of(workload: Workload) -> Key:
    return workload.namespace, workload.kind, workload.name


def subject(row: Any) -> Any:
    """The object of a row that says more than the object."""
    found = getattr(row, "workload", None) or getattr(row, "of", None)
    return row if found is None else found


def kind_of(row: Any) -> str:
    """Kind of the object that a row is; of an event what it speaks of; "" where it is none."""
    found = subject(row)
    return _KINDS.get(type(found).__name__) or str(getattr(found, "kind", ""))


def names_of(row: Any) -> tuple[str, ...]:
    found = subject(row)
    namespace, name = getattr(found, "namespace", ""), getattr(found, "name", "")
    return (f"{namespace}/{name}", name)


def address_of(row: Any) -> tuple[str, str, str]:
    """(kind as kubectl takes it, namespace, name); of an event nothing: its own name is not kept."""
    found = subject(row)
    kind, name = kind_of(row), str(getattr(found, "name", ""))
    if not kind or not name or type(found).__name__ == "Event":
        return "", "", ""
    return SHORT.get(kind, kind.lower()), str(getattr(found, "namespace", "")), name


def words_of(row: Any) -> str:
    """`deployment/api`, `node/a`."""
    kind, _, name = address_of(row)
    return f"{kind}/{name}" if name else ""
