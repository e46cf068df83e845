"""What a pod asks of the node it is to run on, as the scheduler reads it."""

import msgspec

Amounts = tuple[tuple[str, float], ...]
"""Sorted (resource, amount) pairs in base units: `nvidia.com/gpu`, `ephemeral-storage`, `hugepages-2Mi`."""


class Toleration(msgspec.Struct, frozen=True, gc=False):
    key: str = ""
    """"" tolerates every taint."""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""
    """"" means every effect."""


class Requirement(msgspec.Struct, frozen=True, gc=False):
    """One line of a node affinity."""

    key: str
    operator: str
    """In, NotIn, Exists, DoesNotExist, Gt or Lt."""
    values: tuple[str, ...] = ()


class NodeTerm(msgspec.Struct, frozen=True, gc=False):
    """One term of a required node affinity: all of its lines must hold."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()
    """On the node's own fields: its name."""


class Placement(msgspec.Struct, frozen=True, gc=False):
    """Shared by the pods of one workload. CPU and memory of containers stand at the containers."""

    tolerations: tuple[Toleration, ...] = ()
    selector: tuple[tuple[str, str], ...] = ()
    """nodeSelector."""
    affinity: tuple[NodeTerm, ...] | None = None
    """Required node affinity, of which one term must hold; None where there is none."""
    others: Amounts = ()
    """What it requests beyond CPU and memory, its overhead included."""
    cpu: float | None = None
    """Cores requested for the pod as a whole, which count in place of its containers' sum."""
    memory: float | None = None
    overhead_cpu: float = 0.0
    """Cores of the runtime class, on top."""
    overhead_memory: float = 0.0
    unread: tuple[str, ...] = ()
    """Other rules that it sets for its place, in words; these are not looked at here."""


ANYWHERE = Placement()
