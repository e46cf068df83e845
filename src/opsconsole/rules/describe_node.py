"""A node as `kubectl describe` writes it: its conditions, what it has, and what the pods on it ask for."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from . import exact_quantity as quantities
from .describe_page import NONE, UNSET, Object, Page, age_words, at, items, mapping, time_words, words
from .describe_pod import write_taints
from .exact_quantity import ZERO, Quantity

Amounts = dict[str, Quantity]
_ROLE = "node-role.kubernetes.io/"
_STANDARD = ("cpu", "memory", "ephemeral-storage")
_SYSTEM = (
    ("Machine ID", "machineID"), ("System UUID", "systemUUID"), ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"), ("OS Image", "osImage"), ("Operating System", "operatingSystem"),
    ("Architecture", "architecture"), ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
)  # fmt: skip


class Around(msgspec.Struct, frozen=True, gc=False):
    """What was read beside the node."""

    pods: tuple[Object, ...] | None
    """Bound to it and not ended; None where they may not be listed."""
    lease: Object | None
    lease_problem: str = ""


def write_node(page: Page, node: Object, around: Around, now: datetime) -> None:
    metadata, spec, status = (mapping(node.get(part)) for part in ("metadata", "spec", "status"))
    page.field("Name", metadata.get("name"))
    page.field("Roles", ",".join(roles(mapping(metadata.get("labels")))) or NONE)
    page.labels("Labels", metadata.get("labels"))
    page.annotations("Annotations", metadata.get("annotations"))
    page.field("CreationTimestamp", time_words(metadata.get("creationTimestamp")))
    write_taints(page, spec.get("taints"))
    page.field("Unschedulable", bool(spec.get("unschedulable")))
    _lease(page, around)
    _conditions(page, status)
    page.add(0, "Addresses:")
    for address in items(status.get("addresses")):
        page.field(words(address.get("type")), address.get("address"), 1)
    for title in ("capacity", "allocatable"):
        found = mapping(status.get(title))
        if found:
            page.add(0, f"{title.title()}:")
        for name in sorted(found):
            page.field(words(name), found[name], 1)
    page.add(0, "System Info:")
    for title, key in _SYSTEM:
        page.field(title, at(status, "nodeInfo", key), 1)
    if cidr := spec.get("podCIDR"):
        page.field("PodCIDR", cidr)
    if cidrs := spec.get("podCIDRs"):
        page.field("PodCIDRs", ",".join(map(words, cidrs)))
    if provider := spec.get("providerID"):
        page.field("ProviderID", provider)
    if around.pods is None:
        page.field("Pods", "not authorized")
    else:
        _pods(page, around.pods, mapping(status.get("allocatable")) or mapping(status.get("capacity")), now)


def roles(labels: Mapping[str, object]) -> list[str]:
    """Of its labels, sorted."""
    found = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)}
    return sorted({*found, str(labels.get("kubernetes.io/role") or "")} - {""})


def _lease(page: Page, around: Around) -> None:
    if around.lease is None:
        page.field("Lease", f"Failed to get lease: {words(around.lease_problem)}")
        return
    spec = mapping(around.lease.get("spec"))
    page.add(0, "Lease:")
    page.field("HolderIdentity", spec.get("holderIdentity") or UNSET, 1)
    for title, key in (("AcquireTime", "acquireTime"), ("RenewTime", "renewTime")):
        page.field(title, time_words(spec[key]) if spec.get(key) else UNSET, 1)


def _conditions(page: Page, status: Object) -> None:
    conditions = items(status.get("conditions"))
    if conditions:
        page.add(0, "Conditions:")
        page.add(1, "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage")
        page.add(1, "----\t------\t-----------------\t------------------\t------\t-------")
    for one in conditions:
        beat, changed = time_words(one.get("lastHeartbeatTime")), time_words(one.get("lastTransitionTime"))
        kind, state, reason, message = (words(one.get(part)) for part in ("type", "status", "reason", "message"))
        page.add(1, f"{kind} \t{state} \t{beat} \t{changed} \t{reason} \t{message}")


def _pods(page: Page, pods: Sequence[Object], has: Object, now: datetime) -> None:
    page.field("Non-terminated Pods", f"({len(pods)} in total)")
    page.add(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge")
    page.add(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---")
    whole = {name: quantities.read(has.get(name)) for name in has}
    asked: Amounts = {}
    bounds: Amounts = {}
    for pod in pods:
        requests, limits = requested(pod), limited(pod)
        sums = (_of_whole(part, whole, name) for name in ("cpu", "memory") for part in (requests, limits))
        where, name = words(at(pod, "metadata", "namespace")), words(at(pod, "metadata", "name"))
        age = age_words(at(pod, "metadata", "creationTimestamp"), now)
        page.add(1, "\t".join((where, name, "", *sums, age)))
        _add(asked, requests)
        _add(bounds, limits)
    page.add(0, "Allocated resources:")
    page.add(1, "(Total limits may be over 100 percent, i.e., overcommitted.)")
    page.add(1, "Resource\tRequests\tLimits")
    page.add(1, "--------\t--------\t------")
    huge = sorted(name for name in whole if name.startswith("hugepages-"))
    for name in (*_STANDARD, *huge):
        page.add(1, f"{words(name)}\t{_of_whole(asked, whole, name)}\t{_of_whole(bounds, whole, name)}")
    for name in sorted(set(whole) - {*_STANDARD, *huge, "pods"}):
        page.add(1, f"{words(name)}\t{asked.get(name, ZERO)}\t{bounds.get(name, ZERO)}")


def _of_whole(part: Amounts, whole: Amounts, name: str) -> str:
    amount = part.get(name, ZERO)
    return f"{amount} ({quantities.percent(amount, whole.get(name, ZERO))}%)"


def requested(pod: Object) -> Amounts:
    """What the scheduler counts: containers and sidecars together, or more where an init container asks for more."""
    return _summed(pod, "requests")


def limited(pod: Object) -> Amounts:
    """The same of limits."""
    return _summed(pod, "limits")


def _summed(pod: Object, side: str) -> Amounts:
    """Source: k8s.io/component-helpers, resource/helpers.go (PodRequests, PodLimits)."""
    spec = mapping(pod.get("spec"))
    total: Amounts = {}
    for container in items(spec.get("containers")):
        _add(total, _read(at(container, "resources", side)))
    sidecars: Amounts = {}
    highest: Amounts = {}
    for container in items(spec.get("initContainers")):
        own = _read(at(container, "resources", side))
        if container.get("restartPolicy") == "Always":
            _add(total, own)
            _add(sidecars, own)
            own = dict(sidecars)
        else:
            _add(own, sidecars)
        _raise(highest, own)
    _raise(total, highest)
    for name, amount in _read(at(spec, "resources", side)).items():
        if name in ("cpu", "memory") or name.startswith("hugepages-"):
            total[name] = amount
    overhead = _read(spec.get("overhead"))
    _add(total, overhead if side == "requests" else {n: a for n, a in overhead.items() if total.get(n, ZERO).numerator})
    return total


def _read(amounts: object) -> Amounts:
    return {str(name): quantities.read(amount) for name, amount in mapping(amounts).items()}


def _add(total: Amounts, more: Amounts) -> None:
    for name, amount in more.items():
        total[name] = total[name] + amount if name in total else amount


def _raise(total: Amounts, other: Amounts) -> None:
    for name, amount in other.items():
        total[name] = quantities.greater(total[name], amount) if name in total else amount
