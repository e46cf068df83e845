"""A pod, and a workload's pod template, as `kubectl describe` writes them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .describe_containers import write_containers, write_resources
from .describe_page import (
    NONE,
    Object,
    Page,
    age_words,
    at,
    controller,
    items,
    mapping,
    number,
    selector_words,
    time_words,
    words,
)
from .describe_volumes import write_volumes


def write_pod(page: Page, pod: Object, now: datetime) -> None:
    metadata, spec, status = (mapping(pod.get(part)) for part in ("metadata", "spec", "status"))
    _head(page, metadata, spec, status)
    _status(page, metadata, spec, status, now)
    _containers(page, pod, spec, status)
    gates, conditions = items(spec.get("readinessGates")), items(status.get("conditions"))
    if gates:
        page.add(0, "Readiness Gates:")
        page.add(1, "Type\tStatus")
        known = {condition.get("type"): words(condition.get("status")) for condition in conditions}
        for gate in gates:
            page.add(1, f"{words(gate.get('conditionType'))} \t{known.get(gate.get('conditionType'), NONE)} ")
    if conditions:
        page.add(0, "Conditions:")
        page.add(1, "Type\tStatus")
        for condition in conditions:
            page.add(1, f"{words(condition.get('type'))} \t{words(condition.get('status'))} ")
    write_volumes(page, spec.get("volumes"))
    page.field("QoS Class", status.get("qosClass") or "unknown")
    page.labels("Node-Selectors", spec.get("nodeSelector"))
    write_tolerations(page, spec.get("tolerations"))
    write_spread(page, spec.get("topologySpreadConstraints"))
    _group(page, spec)


def write_template(page: Page, template: Any) -> None:
    """What a workload makes its pods of."""
    page.add(0, "Pod Template:")
    metadata, spec = mapping(at(template, "metadata")), mapping(at(template, "spec"))
    page.labels("  Labels", metadata.get("labels"))
    if metadata.get("annotations"):
        page.annotations("  Annotations", metadata.get("annotations"))
    if account := spec.get("serviceAccountName"):
        page.field("Service Account", account, 1)
    if spec.get("initContainers"):
        write_containers(page, "Init Containers", spec.get("initContainers"), space="  ")
    write_containers(page, "Containers", spec.get("containers"), space="  ")
    write_volumes(page, spec.get("volumes"), "  ")
    write_spread(page, spec.get("topologySpreadConstraints"), "  ")
    if priority := spec.get("priorityClassName"):
        page.field("Priority Class Name", priority, 1)
    page.labels("  Node-Selectors", spec.get("nodeSelector"))
    write_tolerations(page, spec.get("tolerations"), "  ")
    _group(page, spec, "  ")


def _head(page: Page, metadata: Object, spec: Object, status: Object) -> None:
    page.field("Name", metadata.get("name"))
    page.field("Namespace", metadata.get("namespace"))
    if spec.get("priority") is not None:
        page.field("Priority", spec.get("priority"))
    for title, key in (
        ("Priority Class Name", "priorityClassName"), ("Runtime Class Name", "runtimeClassName"),
        ("Service Account", "serviceAccountName"),
    ):  # fmt: skip
        if value := spec.get(key):
            page.field(title, value)
    node = spec.get("nodeName")
    page.field("Node", f"{words(node)}/{words(status.get('hostIP'))}" if node else NONE)
    if started := status.get("startTime"):
        page.field("Start Time", time_words(started))
    page.labels("Labels", metadata.get("labels"))
    page.annotations("Annotations", metadata.get("annotations"))


def _status(page: Page, metadata: Object, spec: Object, status: Object, now: datetime) -> None:
    deleting = metadata.get("deletionTimestamp")
    if deleting and status.get("phase") not in ("Failed", "Succeeded"):
        page.field("Status", f"Terminating (lasts {age_words(deleting, now)})")
        page.field("Termination Grace Period", f"{number(metadata.get('deletionGracePeriodSeconds'))}s")
    else:
        page.field("Status", status.get("phase"))
    for title, key in (("Reason", "reason"), ("Message", "message")):
        if value := status.get(key):
            page.field(title, value)
    if profile := at(spec, "securityContext", "seccompProfile"):
        page.field("SeccompProfile", at(profile, "type"))
        if at(profile, "type") == "Localhost":
            page.field("LocalhostProfile", at(profile, "localhostProfile"))
    page.field("IP", status.get("podIP"))
    addresses = items(status.get("podIPs"))
    page.add(0, "IPs:" if addresses else f"IPs:\t{NONE}")
    for address in addresses:
        page.field("IP", address.get("ip"), 1)
    if owner := controller(metadata):
        page.field("Controlled By", owner)
    if node := status.get("nominatedNodeName"):
        page.field("NominatedNodeName", node)


def _containers(page: Page, pod: Object, spec: Object, status: Object) -> None:
    if spec.get("resources") is not None:
        page.add(0, "Resources:")
        write_resources(page, spec.get("resources"), 1)
    if spec.get("initContainers"):
        write_containers(page, "Init Containers", spec["initContainers"], status.get("initContainerStatuses"), pod)
    write_containers(page, "Containers", spec.get("containers"), status.get("containerStatuses"), pod)
    if spec.get("ephemeralContainers"):
        held = status.get("ephemeralContainerStatuses")
        write_containers(page, "Ephemeral Containers", spec["ephemeralContainers"], held, pod)


def write_tolerations(page: Page, tolerations: Any, space: str = "") -> None:
    found = sorted(items(tolerations), key=lambda each: str(each.get("key") or ""))
    _each(page, f"{space}Tolerations:", [_toleration(each) for each in found])


def _toleration(each: Object) -> str:
    key, value, effect = (words(each.get(part)) for part in ("key", "value", "effect"))
    text = key + (f"={value}" if value else "") + (f":{effect}" if effect else "")
    if each.get("operator") == "Exists" and not value:
        text += f"{' ' if key or effect else ''}op=Exists"
    seconds = each.get("tolerationSeconds")
    return text if seconds is None else f"{text} for {number(seconds)}s"


def write_taints(page: Page, taints: Any) -> None:
    found = sorted(items(taints), key=lambda taint: f"{taint.get('effect')},{taint.get('key')}")
    _each(page, "Taints:", [_taint(taint) for taint in found])


def _taint(taint: Object) -> str:
    key, value, effect = (words(taint.get(part)) for part in ("key", "value", "effect"))
    return f"{key}={value}:{effect}" if value else f"{key}:{effect}"


def _each(page: Page, title: str, lines: Sequence[str]) -> None:
    for place, line in enumerate(lines or [NONE]):
        page.add(0, f"{'' if place else title}\t{line}")


def write_spread(page: Page, constraints: Any, space: str = "") -> None:
    found = sorted(items(constraints), key=lambda each: str(each.get("topologyKey")))
    for place, each in enumerate(found):
        selector = each.get("labelSelector")
        said = f" for selector {words(selector_words(selector) or NONE)}" if selector is not None else ""
        head = f"{space}\t" if place else f"{space}Topology Spread Constraints:\t"
        skew = f"when max skew {number(each.get('maxSkew'))} is exceeded{said}"
        page.add(0, f"{head}{words(each.get('topologyKey'))}:{words(each.get('whenUnsatisfiable'))} {skew}")


def _group(page: Page, spec: Object, space: str = "") -> None:
    if (group := spec.get("schedulingGroup")) is not None:
        page.add(0, f"{space}SchedulingGroup:")
        page.field("PodGroupName", at(group, "podGroupName"), 1)
