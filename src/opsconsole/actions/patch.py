"""JSON Patch documents whose preconditions are part of the request: nothing is written where something differs.

The first operation tests the uid, the next ones each value that the plan showed. `resourceVersion` is no precondition:
the HPA controller writes status every 15 s. A member that is not there tests as null (RFC 6902 says nothing of it; the
API server answers so), where the object around it exists.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

Operation = dict[str, Any]


def pointer(*steps: str) -> str:
    """A JSON pointer (RFC 6901): `pointer("metadata", "annotations", "a/b")` is `/metadata/annotations/a~1b`."""
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)


def at(document: Mapping[str, Any], path: str) -> Any:
    """What a pointer into objects shows; None where a step is missing."""
    value: Any = document
    for step in path.split("/")[1:]:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step.replace("~1", "/").replace("~0", "~"))
    return value


def shown(document: Mapping[str, Any], *paths: str) -> list[Operation]:
    """The tests: uid, then each of these paths as it reads now."""
    return [{"op": "test", "path": path, "value": at(document, path)} for path in ("/metadata/uid", *paths)]


def put(path: str, value: Any) -> Operation:
    """Sets a member, whether it is there or not."""
    return {"op": "add", "path": path, "value": value}


def drop(path: str) -> Operation:
    return {"op": "remove", "path": path}


def body(operations: Sequence[Operation]) -> str:
    """As it is sent."""
    return json.dumps(operations, ensure_ascii=False, separators=(",", ":"))


def digest(value: Any) -> str:
    """Stands for a long value, or one that may hold secrets, in `Write.after`."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def afterwards(*values: tuple[str, Any]) -> tuple[tuple[str, str], ...]:
    """`Write.after`: what the object shows once the write is there, each value as JSON."""
    return tuple((path, json.dumps(value, ensure_ascii=False, sort_keys=True)) for path, value in values)
