"""Request bodies in protobuf, which kubectl's typed clients send: the few kinds that it sends so, as plain trees.

Field numbers are those of k8s.io/api's generated.proto files. Answers are always JSON, which every client accepts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]
MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"


class Unreadable(Exception):
    """No protobuf of a kind that is known here."""


@dataclass(frozen=True, slots=True)
class _Message:
    """Field number → its name and how it is read: a nested message, or "text", "texts", "number", "map"."""

    fields: Mapping[int, tuple[str, "_Message | str"]] = field(default_factory=dict)


_METADATA = _Message(
    {
        1: ("name", "text"), 2: ("generateName", "text"), 3: ("namespace", "text"), 5: ("uid", "text"),
        6: ("resourceVersion", "text"), 11: ("labels", "map"), 12: ("annotations", "map"),
    }
)  # fmt: skip
_PRECONDITIONS = _Message({1: ("uid", "text"), 2: ("resourceVersion", "text")})
_DELETE_OPTIONS = _Message(
    {1: ("gracePeriodSeconds", "number"), 2: ("preconditions", _PRECONDITIONS), 4: ("propagationPolicy", "text"),
     5: ("dryRun", "texts")}
)  # fmt: skip
_RESOURCE = _Message(
    {
        1: ("namespace", "text"), 2: ("verb", "text"), 3: ("group", "text"), 4: ("version", "text"),
        5: ("resource", "text"), 6: ("subresource", "text"), 7: ("name", "text"),
    }
)  # fmt: skip
_PATH = _Message({1: ("path", "text"), 2: ("verb", "text")})
_ACCESS = _Message({1: ("resourceAttributes", _RESOURCE), 2: ("nonResourceAttributes", _PATH)})
_KINDS = {
    "SelfSubjectAccessReview": _Message({1: ("metadata", _METADATA), 2: ("spec", _ACCESS)}),
    "SelfSubjectRulesReview": _Message({1: ("metadata", _METADATA), 2: ("spec", _Message({1: ("namespace", "text")}))}),
    "SelfSubjectReview": _Message({1: ("metadata", _METADATA)}),
    "ConfigMap": _Message({1: ("metadata", _METADATA), 2: ("data", "map")}),
    "Namespace": _Message({1: ("metadata", _METADATA)}),
    "Eviction": _Message({1: ("metadata", _METADATA), 2: ("deleteOptions", _DELETE_OPTIONS)}),
    "DeleteOptions": _DELETE_OPTIONS,
}
_TYPE_META = _Message({1: ("apiVersion", "text"), 2: ("kind", "text")})
_ENVELOPE = _Message({1: ("typeMeta", _TYPE_META), 2: ("raw", "bytes")})
_PAIR = _Message({1: ("key", "text"), 2: ("value", "text")})


def decode(data: bytes) -> Body:
    """The object with its kind and apiVersion. Raises `Unreadable`."""
    if not data.startswith(_MAGIC):
        raise Unreadable("this is no Kubernetes protobuf")
    try:
        envelope = _read(_ENVELOPE, data[len(_MAGIC) :])
        kind = envelope["typeMeta"]["kind"]
        return {**envelope["typeMeta"], **_read(_KINDS[kind], envelope.get("raw", b""))}
    except (KeyError, IndexError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error


def _read(message: _Message, data: bytes) -> Body:
    body: Body = {}
    for number, value in _fields(data):
        if number not in message.fields:
            continue
        name, how = message.fields[number]
        if isinstance(how, _Message):
            body[name] = _read(how, value if isinstance(value, bytes) else b"")
        elif how == "number" or not isinstance(value, bytes):
            body[name] = value
        elif how == "map":
            pair = _read(_PAIR, value)
            body.setdefault(name, {})[pair.get("key", "")] = pair.get("value", "")
        elif how == "texts":
            body.setdefault(name, []).append(value.decode())
        elif how == "bytes":
            body[name] = value
        elif value:
            body[name] = value.decode()
    return body


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) in order; numbers as int, everything else as bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
        else:
            size = 8 if wire == 1 else 4 if wire == 5 else -1
            if size < 0:
                size, at = _varint(data, at)
            yield number, data[at : at + size]
            at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
