"""What a pod's spec asks of its node; pods of one workload ask alike, so that most answers are remembered."""

from functools import lru_cache
from typing import NamedTuple

import msgspec

from ...model.kubernetes import Labels
from ...model.placement import ANYWHERE, Amounts, NodeTerm, Placement, Requirement, Toleration
from .quantity import quantity
from .wire import ContainerSpec, PodSpec, Quantities, Wire

_REMEMBERED = 4096
"""So many bytes of rules are remembered at most; longer ones are read each time."""
_BY_CONTAINER = frozenset({"cpu", "memory"})


class TolerationWire(Wire):
    key: str | None = None
    operator: str | None = None
    value: str | None = None
    effect: str | None = None


class RequirementWire(Wire):
    key: str | None = None
    operator: str | None = None
    values: list[str] | None = None


class TermWire(Wire):
    match_expressions: list[RequirementWire] | None = None
    match_fields: list[RequirementWire] | None = None


class NodeSelectorWire(Wire):
    node_selector_terms: list[TermWire] | None = None


class RequiredWire(Wire):
    required: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="requiredDuringSchedulingIgnoredDuringExecution")


class AffinityWire(Wire):
    node_affinity: RequiredWire | None = None
    pod_affinity: RequiredWire | None = None
    pod_anti_affinity: RequiredWire | None = None


class SpreadWire(Wire):
    when_unsatisfiable: str | None = None


class _Asked(NamedTuple):
    """All that a placement is made of, cheap to compare."""

    tolerations: bytes
    affinity: bytes
    spread: bytes
    claims: bytes
    selector: Labels
    others: Amounts
    whole: tuple[float | None, float | None]
    """Cores and bytes for the pod as a whole."""
    overhead: tuple[float, float]
    told: tuple[str, ...]


def placement(spec: PodSpec | None) -> Placement:
    """Equal ones are one object. ValueError where a quantity cannot be read."""
    if spec is None:
        return ANYWHERE
    whole = (spec.resources and spec.resources.requests) or {}
    overhead = spec.overhead or {}
    asked = _Asked(
        bytes(spec.tolerations),
        bytes(spec.affinity),
        bytes(spec.topology_spread_constraints),
        bytes(spec.resource_claims),
        tuple(sorted((key, value or "") for key, value in spec.node_selector.items())) if spec.node_selector else (),
        _others(spec, whole, overhead),
        (quantity(whole.get("cpu")), quantity(whole.get("memory"))) if whole else (None, None),
        (quantity(overhead.get("cpu")) or 0.0, quantity(overhead.get("memory")) or 0.0) if overhead else (0.0, 0.0),
        _told(spec),
    )
    long = len(asked.tolerations) + len(asked.affinity) + len(asked.spread) + len(asked.claims) > _REMEMBERED
    return _made.__wrapped__(asked) if long else _made(asked)


@lru_cache(4096)
def _made(asked: _Asked) -> Placement:
    affinity = msgspec.json.decode(asked.affinity, type=AffinityWire | None) if asked.affinity else None
    told: list[str] = []
    for words, given in (
        ("pod affinity", affinity and affinity.pod_affinity),
        ("pod anti-affinity", affinity and affinity.pod_anti_affinity),
    ):
        if given and _given(bytes(given.required)):
            told.append(words)
    if _spread(asked.spread):
        told.append("topology spread")
    if _given(asked.claims):
        told.append("device claims")
    return Placement(
        tolerations=_tolerations(asked.tolerations),
        selector=asked.selector,
        affinity=_terms(affinity.node_affinity) if affinity else None,
        others=asked.others,
        cpu=asked.whole[0],
        memory=asked.whole[1],
        overhead_cpu=asked.overhead[0],
        overhead_memory=asked.overhead[1],
        unread=(*told, *asked.told),
    )


def _others(spec: PodSpec, whole: Quantities, overhead: Quantities) -> Amounts:
    """Resources beyond CPU and memory, counted as the scheduler does.

    Source: k8s.io/component-helpers, resource/helpers.go (PodRequests).
    """
    names = {*_names(spec.containers), *_names(spec.init_containers), *whole, *overhead}
    if names <= _BY_CONTAINER:
        return ()
    found: list[tuple[str, float]] = []
    for name in sorted(names.difference(_BY_CONTAINER)):
        running = sum(_requested(one, name) for one in spec.containers or ())
        sidecars = highest = 0.0
        for one in spec.init_containers or ():
            own = _requested(one, name)
            if one.restart_policy == "Always":
                sidecars += own
                own = 0.0
            highest = max(highest, sidecars + own)
        total = max(running + sidecars, highest)
        if name.startswith("hugepages-"):
            total = quantity(whole.get(name)) or total
        total += quantity(overhead.get(name)) or 0.0
        if total:
            found.append((name, total))
    return tuple(found)


def _names(containers: list[ContainerSpec] | None) -> set[str]:
    return {name for one in containers or () if one.resources for name in one.resources.requests or ()}


def _requested(container: ContainerSpec, name: str) -> float:
    requests = (container.resources and container.resources.requests) or {}
    return quantity(requests.get(name)) or 0.0


def _told(spec: PodSpec) -> tuple[str, ...]:
    """Rules of its containers and volumes that only other pods and volumes can answer."""
    ports = any(port.host_port for one in spec.containers or () for port in one.ports or ())
    claims = any(volume.persistent_volume_claim for volume in spec.volumes or ())
    return (*(("host ports",) if ports else ()), *(("volumes' zones",) if claims else ()))


def _given(raw: bytes) -> bool:
    return raw not in (b"", b"null", b"[]", b"{}")


def _tolerations(raw: bytes) -> tuple[Toleration, ...]:
    found = msgspec.json.decode(raw, type=list[TolerationWire] | None) if raw else None
    return tuple(
        Toleration(one.key or "", one.operator or "Equal", one.value or "", one.effect or "") for one in found or ()
    )


def _terms(wire: RequiredWire | None) -> tuple[NodeTerm, ...] | None:
    if wire is None or not _given(bytes(wire.required)):
        return None
    found = msgspec.json.decode(wire.required, type=NodeSelectorWire)
    return tuple(
        NodeTerm(_lines(one.match_expressions), _lines(one.match_fields)) for one in found.node_selector_terms or ()
    )


def _lines(wires: list[RequirementWire] | None) -> tuple[Requirement, ...]:
    return tuple(Requirement(one.key or "", one.operator or "", tuple(one.values or ())) for one in wires or ())


def _spread(raw: bytes) -> bool:
    """Whether a pod may have to wait for its place in the spread."""
    found = msgspec.json.decode(raw, type=list[SpreadWire]) if _given(raw) else []
    return any((one.when_unsatisfiable or "DoNotSchedule") == "DoNotSchedule" for one in found)
