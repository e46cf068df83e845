"""Nodes and pods for tests of capacity, in few words."""

from typing import Any

import msgspec

from opsconsole.model.kubernetes import Condition, Container, Node, Owner, Pod
from opsconsole.model.placement import ANYWHERE, Placement, Toleration

GIB = 2.0**30
GPU = "nvidia.com/gpu"
TOLERATES_ALL = Placement(tolerations=(Toleration(operator="Exists"),))


def node(name: str = "n1", cpu: float = 4.0, gib: float = 16.0, **more: Any) -> Node:
    base = Node(
        f"u-{name}", name, "Ready", "<none>", "v1.36.0", None, cpu=cpu, memory=gib * GIB, pods=110,
        conditions=(Condition("Ready", "True"),),
    )  # fmt: skip
    return msgspec.structs.replace(base, **more)


def pod(
    workload: str = "api", at: str = "n1", cpu: float = 0.5, gib: float = 1.0, *, number: int = 0,
    placement: Placement = ANYWHERE, kind: str = "ReplicaSet", **more: Any,
) -> Pod:  # fmt: skip
    """Of a Deployment, or of what `kind` says; of nobody where `kind` is ""."""
    name = f"{workload}-{at or 'none'}-{number}"
    owner = Owner(kind, f"{workload}-5d4f" if kind == "ReplicaSet" else workload, "r") if kind else None
    container = Container("app", "app:1", True, "running", cpu_request=cpu or None, memory_request=gib * GIB or None)
    base = Pod(
        f"u-{name}", "shop", name, "Running", "Running", 1, 1, 0, None, node=at, owner=owner, revision="5d4f",
        containers=(container,), placement=placement,
    )  # fmt: skip
    return msgspec.structs.replace(base, **more)


def pods(count: int, workload: str = "api", at: str = "n1", **of: Any) -> list[Pod]:
    return [pod(workload, at, number=number, **of) for number in range(count)]
