"""Which node takes which pod: cordons, taints, nodeSelector, node affinity."""

import pytest

from opsconsole.model.kubernetes import Node
from opsconsole.model.placement import ANYWHERE, NodeTerm, Placement, Requirement, Toleration
from opsconsole.rules.placement import refusal

from .capacity_samples import TOLERATES_ALL, node


def tolerating(*tolerations: Toleration) -> Placement:
    return Placement(tolerations=tolerations)


def demanding(key: str, operator: str, *values: str) -> Placement:
    return Placement(affinity=(NodeTerm((Requirement(key, operator, values),)),))


GPU = node(taints=("gpu=yes:NoSchedule",))
ZONED = node(labels=(("cores", "16"), ("disk", "ssd"), ("zone", "a")))


@pytest.mark.parametrize(
    ("on", "pod", "why"),
    [
        (node(), ANYWHERE, ""),
        (node(taints=("dear:PreferNoSchedule",)), ANYWHERE, ""),
        (GPU, ANYWHERE, "taint gpu=yes"),
        (GPU, tolerating(Toleration("gpu", "Equal", "yes", "NoSchedule")), ""),
        (GPU, tolerating(Toleration("gpu", "Equal", "no", "NoSchedule")), "taint gpu=yes"),
        (GPU, tolerating(Toleration("gpu", "Exists")), ""),
        (GPU, tolerating(Toleration("gpu", "Exists", "", "NoExecute")), "taint gpu=yes"),
        (GPU, tolerating(Toleration("gpu", "Gt", "1")), "taint gpu=yes"),
        (GPU, TOLERATES_ALL, ""),
        (node(taints=("lost:NoExecute",)), ANYWHERE, "taint lost"),
        (node(unschedulable=True, status="Ready,SchedulingDisabled"), ANYWHERE, "cordoned"),
        (node(unschedulable=True, status="Ready,SchedulingDisabled"), TOLERATES_ALL, ""),
        (node(status="NotReady"), TOLERATES_ALL, "not ready"),
        (ZONED, Placement(selector=(("disk", "ssd"),)), ""),
        (ZONED, Placement(selector=(("disk", "ssd"), ("zone", "b"))), "node selector"),
        (ZONED, demanding("zone", "In", "a", "b"), ""),
        (ZONED, demanding("zone", "NotIn", "a"), "node affinity"),
        (ZONED, demanding("rack", "NotIn", "7"), ""),
        (ZONED, demanding("rack", "Exists"), "node affinity"),
        (ZONED, demanding("rack", "DoesNotExist"), ""),
        (ZONED, demanding("cores", "Gt", "8"), ""),
        (ZONED, demanding("cores", "Lt", "8"), "node affinity"),
        (ZONED, demanding("zone", "Gt", "8"), "node affinity"),
        (ZONED, Placement(affinity=(NodeTerm(fields=(Requirement("metadata.name", "In", ("n1",)),)),)), ""),
        (ZONED, Placement(affinity=(NodeTerm(),)), "node affinity"),
        (ZONED, Placement(affinity=(NodeTerm(), *(demanding("zone", "In", "a").affinity or ()))), ""),
    ],
)  # fmt: skip
def test_where_a_pod_may_go(on: Node, pod: Placement, why: str) -> None:
    assert refusal(pod, on) == why
