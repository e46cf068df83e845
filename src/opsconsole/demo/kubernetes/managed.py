"""managedFields: who wrote which fields last, and when."""

from typing import Any

from opsconsole.demo.kubernetes.quantities import format_time
from opsconsole.demo.kubernetes.resources import Resource

Body = dict[str, Any]


def stamp(resource: Resource, body: Body, old: Body | None, manager: str, now: float, subresource: str = "") -> None:
    """Notes in `body` that `manager` made it what it is; a write that changed nothing of it leaves no trace."""
    fields = _fields(body, old)
    if not fields:
        return
    entry: Body = {
        "manager": manager,
        "operation": "Update",
        "apiVersion": resource.api_version,
        "time": format_time(now),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        **({"subresource": subresource} if subresource else {}),
    }
    entries = [
        each
        for each in body["metadata"].get("managedFields") or ()
        if (each["manager"], each.get("subresource", "")) != (manager, subresource)
    ]
    body["metadata"]["managedFields"] = [*entries, entry]


def _fields(body: Body, old: Body | None) -> Body:
    """The changed parts as FieldsV1: nested maps of `f:name`, lists as a whole."""
    fields: Body = {}
    for part, value in body.items():
        if part in ("metadata", "status"):
            continue
        before = None if old is None else old.get(part)
        if value != before:
            fields[f"f:{part}"] = _nested(value, before)
    return fields


def _nested(value: Any, before: Any) -> Body:
    if not isinstance(value, dict):
        return {}
    known = before if isinstance(before, dict) else {}
    return {f"f:{key}": _nested(each, known.get(key)) for key, each in value.items() if each != known.get(key)}
