"""The three kinds of PATCH: JSON Patch (RFC 6902), JSON Merge Patch (RFC 7386), strategic merge patch."""

from typing import Any

from opsconsole.demo.kubernetes.errors import bad_request, rejected_patch
from opsconsole.demo.kubernetes.store import clone

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCHES = ("application/apply-patch+yaml", "application/apply-patch+cbor")

_MERGE_KEYS = {
    "containers": ("name",), "initContainers": ("name",), "ephemeralContainers": ("name",), "env": ("name",),
    "volumes": ("name",), "volumeMounts": ("mountPath",), "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",), "hostAliases": ("ip",), "conditions": ("type",), "ownerReferences": ("uid",),
    "topologySpreadConstraints": ("topologyKey",), "addresses": ("type",), "ports": ("containerPort", "port"),
}  # fmt: skip
"""List field → the field that tells its elements apart; lists not named here are replaced whole."""

_DIRECTIVES = ("$patch", "$retainKeys")


def apply_patch(media_type: str, document: Any, patch: Any) -> Any:
    """The patched copy of a document. Raises `ApiError` in the real server's words."""
    if media_type == JSON_PATCH:
        return json_patch(document, patch)
    if not isinstance(patch, dict):
        raise bad_request("error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}")
    if media_type == MERGE_PATCH:
        return merge_patch(document, patch)
    return strategic_patch(document, patch)


def json_patch(document: Any, operations: Any) -> Any:
    """All operations or none; a failed `test` or a path that is not there raises 422."""
    if not isinstance(operations, list):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
        )
    patched = clone(document)
    for operation in operations:
        try:
            patched = _operate(patched, operation)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise rejected_patch() from error
    return patched


def _operate(document: Any, operation: dict[str, Any]) -> Any:
    kind, path = operation["op"], _pointer(operation["path"])
    if kind == "test":
        if _tested(document, path) != operation.get("value"):
            raise ValueError("test failed")
        return document
    if kind in ("move", "copy"):
        source = _pointer(operation["from"])
        value = clone(_read(document, source))
        if kind == "move":
            _take(document, source)
        return _add(document, path, value)
    if kind == "remove":
        _take(document, path)
        return document
    if kind == "replace":
        _read(document, path)
        return _add(document, path, operation["value"], replace=True)
    if kind == "add":
        return _add(document, path, operation["value"])
    raise ValueError(f"unknown operation {kind}")


def _pointer(text: str) -> list[str]:
    if text and not text.startswith("/"):
        raise ValueError("a pointer begins with /")
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def _read(document: Any, path: list[str]) -> Any:
    for step in path:
        document = document[_index(document, step) if isinstance(document, list) else step]
    return document


def _tested(document: Any, path: list[str]) -> Any:
    """As `_read`, but a member that is missing from an object reads null: so the real server tests for absence."""
    parent = _read(document, path[:-1])
    if path and isinstance(parent, dict):
        return parent.get(path[-1])
    return _read(document, path)


def _take(document: Any, path: list[str]) -> None:
    parent = _read(document, path[:-1])
    del parent[_index(parent, path[-1]) if isinstance(parent, list) else path[-1]]


def _add(document: Any, path: list[str], value: Any, *, replace: bool = False) -> Any:
    if not path:
        return value
    parent, last = _read(document, path[:-1]), path[-1]
    if isinstance(parent, list):
        if replace:
            parent[_index(parent, last)] = value
        else:
            parent.insert(len(parent) if last == "-" else _index([*parent, None], last), value)
    else:
        parent[last] = value
    return document


def _index(values: list[Any], step: str) -> int:
    index = int(step)
    if not 0 <= index < len(values):
        raise IndexError(step)
    return index


def merge_patch(document: Any, patch: Any) -> Any:
    """RFC 7386: objects merge, null deletes, everything else replaces."""
    if not isinstance(patch, dict):
        return clone(patch)
    merged = clone(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def strategic_patch(document: Any, patch: dict[str, Any]) -> Any:
    """As merge patch, but known lists merge by their key, and `$patch`, `$setElementOrder`, … direct it."""
    if patch.get("$patch") == "replace":
        return {key: clone(value) for key, value in patch.items() if key != "$patch"}
    if patch.get("$patch") == "delete":
        return {}
    merged = clone(document) if isinstance(document, dict) else {}
    if (kept := patch.get("$retainKeys")) is not None:
        merged = {key: value for key, value in merged.items() if key in kept}
    for key, value in patch.items():
        if key in _DIRECTIVES or key.startswith("$setElementOrder/"):
            continue
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.partition("/")[2]
            merged[name] = [each for each in merged.get(name) or [] if each not in value]
        elif value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = strategic_patch(merged.get(key), value)
        elif isinstance(value, list) and key in _MERGE_KEYS:
            order = patch.get(f"$setElementOrder/{key}")
            merged[key] = _merge_list(merged.get(key) or [], value, _MERGE_KEYS[key], order)
        else:
            merged[key] = clone(value)
    return merged


def _merge_list(old: list[Any], new: list[Any], keys: tuple[str, ...], order: list[Any] | None) -> list[Any]:
    key = next((key for key in keys for each in [*new, *old] if isinstance(each, dict) and key in each), keys[0])
    if any(isinstance(each, dict) and each.get("$patch") == "replace" for each in new):
        return [clone(each) for each in new if "$patch" not in each]
    merged = {each[key]: each for each in old}
    for each in new:
        if key not in each:
            raise bad_request(f"map: {each} does not contain declared merge key: {key}")
        if each.get("$patch") == "delete":
            merged.pop(each[key], None)
        else:
            merged[each[key]] = strategic_patch(merged.get(each[key]), each)
    if order:
        places = {each[key]: place for place, each in enumerate(order)}
        return sorted(merged.values(), key=lambda each: places.get(each[key], len(places)))
    return list(merged.values())
