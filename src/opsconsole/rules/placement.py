"""Whether a pod may be placed on a node at all: cordons, taints, nodeSelector and required node affinity.

Source: k8s.io/component-helpers v0.36, scheduling/corev1 (tolerations, nodeaffinity); pkg/scheduler/framework/plugins
of Kubernetes 1.36 (nodeunschedulable, tainttoleration, nodeaffinity).
"""

from collections.abc import Mapping

from ..model.kubernetes import Node
from ..model.placement import NodeTerm, Placement, Requirement, Toleration

_SHUT = ("NoSchedule", "NoExecute")
_CORDON = "node.kubernetes.io/unschedulable"


def refusal(placement: Placement, node: Node) -> str:
    """Why the node does not take such a pod; "" where it does, as far as these rules go."""
    if node.status.partition(",")[0] != "Ready":
        # its taint says so a moment later, and who tolerates that does not run there either
        return "not ready"
    if node.unschedulable and not tolerated(placement.tolerations, f"{_CORDON}:NoSchedule"):
        return "cordoned"
    taint = next((taint for taint in shut_by(node) if not tolerated(placement.tolerations, taint)), "")
    if taint:
        return f"taint {taint.rpartition(':')[0]}"
    if not placement.selector and placement.affinity is None:
        return ""
    labels = dict(node.labels)
    if any(labels.get(key) != value for key, value in placement.selector):
        return "node selector"
    if placement.affinity is not None and not any(_holds(term, labels, node.name) for term in placement.affinity):
        return "node affinity"
    return ""


def shut_by(node: Node) -> list[str]:
    """Its taints that keep pods away."""
    return [taint for taint in node.taints if taint.rpartition(":")[2] in _SHUT]


def tolerated(tolerations: tuple[Toleration, ...], taint: str) -> bool:
    """`taint` as `key=value:Effect` or `key:Effect`."""
    head, _, effect = taint.rpartition(":")
    key, _, value = head.partition("=")
    return any(
        (not one.effect or one.effect == effect)
        and (not one.key or one.key == key)
        and (one.operator == "Exists" or (one.operator in ("", "Equal") and one.value == value))
        for one in tolerations
    )


def _holds(term: NodeTerm, labels: Mapping[str, str], name: str) -> bool:
    """An empty term selects no node."""
    if not term.labels and not term.fields:
        return False
    own = {"metadata.name": name}
    return all(_met(one, labels) for one in term.labels) and all(_met(one, own) for one in term.fields)


def _met(line: Requirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(line.key)
    if line.operator == "In":
        return value in line.values
    if line.operator == "NotIn":
        return value not in line.values
    if line.operator == "Exists":
        return value is not None
    if line.operator == "DoesNotExist":
        return value is None
    return _compared(value, line)


def _compared(value: str | None, line: Requirement) -> bool:
    try:
        own, bound = int(value or ""), int(line.values[0])
    except (ValueError, IndexError):
        return False
    return own > bound if line.operator == "Gt" else own < bound if line.operator == "Lt" else False
