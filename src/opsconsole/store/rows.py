"""Values as rows of a table: what every table of text has in common."""

from typing import Any

import msgspec


def row(value: msgspec.Struct) -> dict[str, Any]:
    """The fields by name; half a character from a terminal (a lone surrogate) cannot be kept and becomes `?`."""
    return {name: plain(field) if isinstance(field, str) else field for name, field in _fields(value).items()}


def plain(text: str) -> str:
    """Text that UTF-8 can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _fields(value: msgspec.Struct) -> dict[str, Any]:
    return msgspec.structs.asdict(value)
