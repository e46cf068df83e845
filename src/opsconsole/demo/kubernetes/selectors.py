"""Label and field selectors of list and watch requests."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from opsconsole.demo.kubernetes.errors import bad_request
from opsconsole.demo.kubernetes.resources import EVENTS, NODES, PODS, Resource

Body = dict[str, Any]
Matches = Callable[[Body], bool]

_KEY = r"[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?"
_SET = re.compile(rf"({_KEY})\s+(in|notin)\s+\(([^)]*)\)$")
_EQUAL = re.compile(rf"({_KEY})\s*(==|!=|=)\s*({_VALUE})$")
_EXISTS = re.compile(rf"(!?)\s*({_KEY})$")

_FIELDS: dict[str, tuple[str, ...]] = {
    PODS.key: ("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase",
               "status.podIP", "status.nominatedNodeName"),
    NODES.key: ("spec.unschedulable",),
    EVENTS.key: ("involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
                 "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
                 "reportingComponent", "source", "type"),
}  # fmt: skip


def matcher(resource: Resource, labels: str, fields: str) -> Matches:
    """One test for both selectors; an empty one matches everything. Raises `ApiError` 400 in the server's words."""
    tests = [_label_test(part) for part in _split(labels)] + [_field_test(resource, part) for part in _split(fields)]
    return lambda body: all(test(body) for test in tests)


def matches_labels(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy an object's own selector: `matchLabels` and `matchExpressions`."""
    wanted = selector.get("matchLabels") or {}
    if not wanted.items() <= labels.items():
        return False
    return all(_expression(each, labels) for each in selector.get("matchExpressions") or ())


def _expression(each: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(each["key"]), each.get("values") or ()
    match each["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None


def _split(text: str) -> list[str]:
    return [part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip()]


def _label_test(part: str) -> Matches:
    if found := _SET.match(part):
        key, operator, values = found[1], found[2], {value.strip() for value in found[3].split(",")}
        return lambda body: (_labels(body).get(key) in values) == (operator == "in")
    if found := _EQUAL.match(part):
        key, operator, value = found[1], found[2], found[3]
        return lambda body: (_labels(body).get(key) == value) == (operator != "!=")
    if found := _EXISTS.match(part):
        key, wanted = found[2], not found[1]
        return lambda body: (key in _labels(body)) == wanted
    raise bad_request(f"unable to parse requirement: {_complaint(part)}")


def _complaint(part: str) -> str:
    odd = re.search(r"(?:==|!=|=)\s*([^-A-Za-z0-9_. ])", part)
    return f"found '{odd[1] if odd else part}', expected: identifier"


def _labels(body: Body) -> Mapping[str, str]:
    return body["metadata"].get("labels") or {}


def _field_test(resource: Resource, part: str) -> Matches:
    found = re.match(r"([^=!]+)(==|!=|=)(.*)$", part)
    if found is None:
        raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
    path, operator, value = found[1], found[2], found[3]
    common = ("metadata.name", "metadata.namespace")
    if path not in common + _FIELDS.get(resource.key, ()):
        raise bad_request(
            f"field label not supported: {path}"
            if resource.key in _FIELDS
            else f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'
        )
    steps = path.split(".")
    return lambda body: (_field(body, steps) == value) == (operator != "!=")


def _field(body: Body, steps: list[str]) -> str:
    value: Any = body
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, dict):  # an event's `source` selects by its component
        value = value.get("component")
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
