"""Autoscalers, Services and budgets as `kubectl describe` writes them."""

from collections.abc import Sequence
from typing import Any

from .describe_page import (
    NONE,
    UNSET,
    Object,
    Page,
    at,
    items,
    mapping,
    number,
    pairs,
    selector_words,
    time_words,
    words,
)

_UNKNOWN = "<unknown>"
_ADDRESSES_SHOWN = 3


def write_hpa(page: Page, body: Object) -> None:
    metadata, spec, status = (mapping(body.get(part)) for part in ("metadata", "spec", "status"))
    page.field("Name", metadata.get("name"))
    page.field("Namespace", metadata.get("namespace"))
    page.labels("Labels", metadata.get("labels"))
    page.annotations("Annotations", metadata.get("annotations"))
    page.field("CreationTimestamp", time_words(metadata.get("creationTimestamp")))
    kind = words(at(spec, "scaleTargetRef", "kind"))
    page.field("Reference", f"{kind}/{words(at(spec, 'scaleTargetRef', 'name'))}")
    page.field("Metrics", "( current / target )")
    current = items(status.get("currentMetrics"))
    for place, metric in enumerate(items(spec.get("metrics"))):
        page.add(1, _metric(metric, current[place] if place < len(current) else {}))
    least = spec.get("minReplicas")
    page.field("Min replicas", UNSET if least is None else least)
    page.field("Max replicas", number(spec.get("maxReplicas")))
    if (behavior := spec.get("behavior")) is not None:
        page.add(0, "Behavior:")
        _direction(page, "Scale Up", at(behavior, "scaleUp"))
        _direction(page, "Scale Down", at(behavior, "scaleDown"))
    has, wants = number(status.get("currentReplicas")), number(status.get("desiredReplicas"))
    page.field(f"{kind} pods", f"{has} current / {wants} desired")
    conditions = items(status.get("conditions"))
    if conditions:
        page.add(0, "Conditions:")
        page.add(1, "Type\tStatus\tReason\tMessage")
        page.add(1, "----\t------\t------\t-------")
    for condition in conditions:
        page.add(1, "\t".join(words(condition.get(part)) for part in ("type", "status", "reason", "message")))


def _metric(metric: Object, seen: Object) -> str:
    """`resource cpu on pods  (as a percentage of request):  41% (41m) / 50%`."""
    kind = str(metric.get("type") or "")
    field = kind[:1].lower() + kind[1:]
    source, now = mapping(metric.get(field)), at(seen, field, "current")
    target, name = mapping(source.get("target")), words(at(source, "metric", "name"))
    match kind:
        case "External":
            which = "averageValue" if target.get("averageValue") is not None else "value"
            title = "target average value" if which == "averageValue" else "target value"
            return f'"{name}" ({title}):\t{_amount(now, which)} / {words(target.get(which))}'
        case "Pods":
            return f'"{name}" on pods:\t{_amount(now, "averageValue")} / {words(target.get("averageValue"))}'
        case "Object":
            of = f"{words(at(source, 'describedObject', 'kind'))}/{words(at(source, 'describedObject', 'name'))}"
            which = "averageValue" if target.get("type") == "AverageValue" else "value"
            title = "target average value" if which == "averageValue" else "target value"
            return f'"{name}" on {of} ({title}):\t{_amount(now, which)} / {words(target.get(which))}'
        case "Resource" | "ContainerResource":
            inside = f' of container "{words(source.get("container"))}"' if kind == "ContainerResource" else ""
            about = f"resource {words(source.get('name'))}{inside} on pods"
            if (average := target.get("averageValue")) is not None:
                return f"{about}:\t{_amount(now, 'averageValue')} / {words(average)}"
            used = at(now, "averageUtilization")
            said = _UNKNOWN if used is None else f"{words(used)}% ({words(at(now, 'averageValue'))})"
            wanted = target.get("averageUtilization")
            asked = "<auto>" if wanted is None else f"{words(wanted)}%"
            return f"{about}  (as a percentage of request):\t{said} / {asked}"
    return f'<unknown metric type "{words(kind)}">'


def _amount(current: Any, which: str) -> str:
    value = at(current, which)
    return _UNKNOWN if value is None else words(value)


def _direction(page: Page, title: str, rules: Any) -> None:
    if rules is None:
        return
    page.add(1, f"{title}:")
    if (window := at(rules, "stabilizationWindowSeconds")) is not None:
        page.add(2, f"Stabilization Window: {number(window)} seconds")
    policies = items(at(rules, "policies"))
    if policies:
        page.add(2, f"Select Policy: {words(at(rules, 'selectPolicy') or 'Max')}")
        page.add(2, "Policies:")
    for policy in policies:
        value, period = number(policy.get("value")), number(policy.get("periodSeconds"))
        page.add(3, f"- Type: {words(policy.get('type'))}\tValue: {value}\tPeriod: {period} seconds")


def write_service(page: Page, body: Object, slices: Sequence[Object] | None) -> None:
    """`slices`: its EndpointSlices; None where they could not be read."""
    metadata, spec, status = (mapping(body.get(part)) for part in ("metadata", "spec", "status"))
    page.field("Name", metadata.get("name"))
    page.field("Namespace", metadata.get("namespace"))
    page.labels("Labels", metadata.get("labels"))
    page.annotations("Annotations", metadata.get("annotations"))
    page.field("Selector", pairs(spec.get("selector")))
    page.field("Type", spec.get("type"))
    if (policy := spec.get("ipFamilyPolicy")) is not None:
        page.field("IP Family Policy", policy)
    page.field("IP Families", ",".join(map(words, spec.get("ipFamilies") or ())) or NONE)
    page.field("IP", spec.get("clusterIP"))
    page.field("IPs", ",".join(map(words, spec.get("clusterIPs") or ())) or NONE)
    if external := spec.get("externalIPs"):
        page.field("External IPs", ",".join(map(words, external)))
    for title, key in (("Desired LoadBalancer IP", "loadBalancerIP"), ("External Name", "externalName")):
        if value := spec.get(key):
            page.field(title, value)
    if ingress := items(at(status, "loadBalancer", "ingress")):
        page.field("LoadBalancer Ingress", ", ".join(map(_ingress, ingress)))
    for port in items(spec.get("ports")):
        _port(page, port, slices)
    page.field("Session Affinity", spec.get("sessionAffinity"))
    for title, key in (
        ("External Traffic Policy", "externalTrafficPolicy"), ("Internal Traffic Policy", "internalTrafficPolicy"),
        ("HealthCheck NodePort", "healthCheckNodePort"),
    ):  # fmt: skip
        if value := spec.get(key):
            page.field(title, value)
    if ranges := spec.get("loadBalancerSourceRanges"):
        page.field("LoadBalancer Source Ranges", ",".join(map(words, ranges)))
    if (spread := spec.get("trafficDistribution")) is not None:
        page.field("Traffic Distribution", spread)


def _ingress(one: Object) -> str:
    if not one.get("ip"):
        return words(one.get("hostname"))
    return words(one.get("ip")) + (f" ({words(one['ipMode'])})" if one.get("ipMode") is not None else "")


def _port(page: Page, port: Object, slices: Sequence[Object] | None) -> None:
    name, protocol = words(port.get("name")) or UNSET, words(port.get("protocol"))
    target = port.get("targetPort")
    page.add(0, f"Port:\t{name}\t{number(port.get('port'))}/{protocol}")
    page.field("TargetPort", f"{words(0 if target is None else target)}/{protocol}")
    if (application := port.get("appProtocol")) is not None:
        page.field("AppProtocol", application)
    if number(port.get("nodePort")):
        page.add(0, f"NodePort:\t{name}\t{number(port.get('nodePort'))}/{protocol}")
    page.field("Endpoints", "unknown" if slices is None else endpoints(slices, str(port.get("name") or "")))


def endpoints(slices: Sequence[Object], port_name: str) -> str:
    """The first three addresses that are ready, and how many more there are."""
    if not slices:
        return NONE
    found: list[str] = []
    for one in slices:
        ports = items(one.get("ports"))
        for port in ports or ({},):
            if not ports or str(port.get("name") or "") == port_name:
                found += [_address(each, port) for each in items(one.get("endpoints")) if _ready(each)]
    more = len(found) - _ADDRESSES_SHOWN
    return ",".join(found[:_ADDRESSES_SHOWN]) + (f" + {more} more..." if more > 0 else "")


def _ready(endpoint: Object) -> bool:
    return at(endpoint, "conditions", "ready") is not False


def _address(endpoint: Object, port: Object) -> str:
    address = words((endpoint.get("addresses") or [""])[0])
    if not port:
        return address
    return f"{f'[{address}]' if ':' in address else address}:{number(port.get('port'))}"


def write_budget(page: Page, body: Object) -> None:
    """A PodDisruptionBudget."""
    spec, status = mapping(body.get("spec")), mapping(body.get("status"))
    page.field("Name", at(body, "metadata", "name"))
    page.field("Namespace", at(body, "metadata", "namespace"))
    if (least := spec.get("minAvailable")) is not None:
        page.field("Min available", least)
    elif (most := spec.get("maxUnavailable")) is not None:
        page.field("Max unavailable", most)
    selector = spec.get("selector")
    page.field("Selector", UNSET if selector is None else selector_words(selector) or NONE)
    page.add(0, "Status:")
    for title, key in (
        ("Allowed disruptions", "disruptionsAllowed"), ("Current", "currentHealthy"), ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ):  # fmt: skip
        page.field(title, number(status.get(key)), 2)
