"""Explains the settings in force: every value with the file and line it came from, or `built in`."""

from collections.abc import Iterator
from typing import Any

import msgspec

from ..text.redact import redact
from .catalogue import Catalogue, presumed_for
from .choice import Chosen
from .loading import Loaded
from .places import KeyPath, text_of
from .secrets import describe
from .settings import Profile, Secret

BUILT_IN = "built in"


class Value(msgspec.Struct, frozen=True, gc=False):
    """One value as it is shown."""

    key: str
    text: str
    origin: str
    """`FILE:LINE` or `built in`."""


def explained(loaded: Loaded) -> Iterator[Value]:
    """Every value of the settings in the order of the schema; secrets appear as references only."""
    yield from _values(loaded, loaded.settings, ())


def queries_of(loaded: Loaded, chosen: Chosen | None) -> Iterator[Value]:
    """Every PromQL expression by the id under which the settings may override it, in the first flavour of names."""
    profile = chosen.profile if chosen is not None else Profile()
    name = chosen.name if chosen is not None else ""
    for id, text in Catalogue(profile.metrics, presumed_for(profile.metrics)).all().items():
        origin = loaded.origin_of(("profiles", name, "metrics", "queries", id))
        yield Value(id, text, f"{origin.file}:{origin.line}" if origin else BUILT_IN)


def _values(loaded: Loaded, value: object, key: KeyPath) -> Iterator[Value]:
    if isinstance(value, Secret):
        yield _value(loaded, key, f"({describe(value)})")
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _values(loaded, getattr(value, field), (*key, field))
    elif isinstance(value, dict):
        hidden = key[-1:] == ("headers",)
        for name, item in value.items():
            yield from _values(loaded, "(hidden)" if hidden else item, (*key, name))
        if not value:
            yield _value(loaded, key, "{}")
    elif isinstance(value, tuple) and any(isinstance(item, msgspec.Struct) for item in value):
        for index, item in enumerate(value):
            yield from _values(loaded, item, (*key, index))
    else:
        yield _value(loaded, key, _text(value))


def _value(loaded: Loaded, key: KeyPath, text: str) -> Value:
    origin = loaded.origin_of(key)
    return Value(text_of(key), redact(text), f"{origin.file}:{origin.line}" if origin else BUILT_IN)


def _text(value: Any) -> str:
    if value is None:
        return "(not set)"
    if isinstance(value, str):
        return value if value.startswith("(") else f'"{value}"'
    return msgspec.json.encode(value).decode()
