"""What a pod asks of its node, read from objects as the API server sends them."""

from typing import Any

import msgspec
import pytest

from opsconsole.model.kubernetes import Node, Pod
from opsconsole.model.placement import ANYWHERE, NodeTerm, Placement, Requirement, Toleration
from opsconsole.sources.kubernetes import kinds
from opsconsole.sources.kubernetes.share import Shared

GIB = 2**30


def read(kind: kinds.Kind[Any], body: dict[str, Any]) -> Any:
    return kind.convert(kind.decoder.one(msgspec.json.encode(body)), Shared())


def placement(**spec: Any) -> Placement:
    pod: Pod = read(kinds.PODS, {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "app"}], **spec}})
    return pod.placement


def asks(**requests: str) -> dict[str, Any]:
    """A container; `gpu` and `disk` stand for their longer names."""
    long = {"gpu": "nvidia.com/gpu", "disk": "ephemeral-storage"}
    return {"resources": {"requests": {long.get(name, name): amount for name, amount in requests.items()}}}


def test_tolerations_selector_and_the_required_affinity() -> None:
    required = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]}]}
    found = placement(
        tolerations=[{"operator": "Exists"}, {"key": "gpu", "value": "yes", "effect": "NoSchedule"}],
        nodeSelector={"disk": "ssd"},
        affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
    )
    assert found.tolerations == (Toleration("", "Exists"), Toleration("gpu", "Equal", "yes", "NoSchedule"))
    assert found.selector == (("disk", "ssd"),)
    assert found.affinity == (NodeTerm((Requirement("zone", "In", ("a", "b")),)),)
    assert placement(affinity={}, tolerations=None, nodeSelector=None) == ANYWHERE


@pytest.mark.parametrize(
    ("spec", "unread"),
    [
        ({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}},
         ("pod anti-affinity",)),
        ({"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{}]}}}, ()),
        ({"topologySpreadConstraints": [{"whenUnsatisfiable": "DoNotSchedule"}]}, ("topology spread",)),
        ({"topologySpreadConstraints": [{"whenUnsatisfiable": "ScheduleAnyway"}]}, ()),
        ({"containers": [{"name": "a", "ports": [{"hostPort": 80}]}]}, ("host ports",)),
        ({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}, ("volumes' zones",)),
        ({"resourceClaims": [{"name": "gpu"}]}, ("device claims",)),
        ({"affinity": None, "topologySpreadConstraints": None, "volumes": None, "resourceClaims": None}, ()),
    ],
)  # fmt: skip
def test_rules_that_are_not_looked_at_are_named(spec: dict[str, Any], unread: tuple[str, ...]) -> None:
    assert placement(**spec).unread == unread


def test_resources_beyond_cpu_and_memory_are_counted_as_the_scheduler_counts() -> None:
    found = placement(
        containers=[asks(gpu="1", disk="1Gi", cpu="1"), asks(gpu="1")],
        initContainers=[
            {**asks(disk="1Gi"), "restartPolicy": "Always"},
            asks(disk="4Gi"),
        ],
    )
    # the init container runs beside the sidecar before it: 5 GiB, more than all that runs later
    assert found.others == (("ephemeral-storage", 5.0 * GIB), ("nvidia.com/gpu", 2.0))
    assert placement(containers=[asks(cpu="1", memory="1Gi")]) == ANYWHERE


def test_what_is_asked_for_the_pod_as_a_whole_and_the_overhead() -> None:
    found = placement(resources={"requests": {"cpu": "2"}}, overhead={"cpu": "250m", "memory": "64Mi"})
    assert (found.cpu, found.memory, found.overhead_cpu, found.overhead_memory) == (2.0, None, 0.25, 64 * 2**20)


def test_a_node_tells_what_else_it_has() -> None:
    allocatable = {"cpu": "4", "memory": "8Gi", "pods": "110", "nvidia.com/gpu": "2", "hugepages-2Mi": "0"}
    node: Node = read(kinds.NODES, {"metadata": {"name": "n"}, "status": {"allocatable": allocatable}})
    assert node.others == (("hugepages-2Mi", 0.0), ("nvidia.com/gpu", 2.0))
