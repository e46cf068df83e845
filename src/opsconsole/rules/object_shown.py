"""What `y` shows of an object: without what nobody reads, without secrets, with very long values cut; and says so."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

from ..text import units
from ..text.redact import MASK, redact
from .describe_page import APPLIED, secret

LONGEST = 16 * 1024
"""Characters of one text that are shown."""
KEPT = 2 * 1024
"""Characters that remain of a longer one."""
DEEPEST = 60


class Shown(msgspec.Struct, frozen=True, gc=False):
    body: dict[str, Any]
    left_out: tuple[str, ...] = ()
    """In words: what is not shown, or not whole."""


def shown(body: Mapping[str, Any]) -> Shown:
    """A copy for the eye. `managedFields` and what kubectl applied last are left out, values of a Secret are masked."""
    notes: dict[str, None] = {}
    found = {key: value for key, value in body.items() if key != "metadata"}
    metadata = dict(body.get("metadata") or {})
    if metadata.pop("managedFields", None):
        notes["managedFields left out"] = None
    annotations = metadata.get("annotations")
    if isinstance(annotations, Mapping) and APPLIED in annotations:
        metadata["annotations"] = {key: value for key, value in annotations.items() if key != APPLIED}
        if not metadata["annotations"]:
            del metadata["annotations"]
        notes["annotation last-applied-configuration left out"] = None
    if body.get("kind") == "Secret":
        for part in ("data", "stringData"):
            if isinstance(found.get(part), Mapping):
                found[part] = {name: _mask(value, part == "data") for name, value in found[part].items()}
                notes["values of the Secret masked"] = None
    copy = _safe({"metadata": metadata, **found}, notes, 0)
    return Shown(copy, tuple(notes))


def _mask(value: Any, encoded: bool) -> str:
    """`*** (12 bytes)`."""
    text = str(value or "")
    try:
        size = len(base64.b64decode(text, validate=True)) if encoded else len(text.encode())
    except (binascii.Error, ValueError):
        return MASK
    return f"{MASK} ({units.plural(size, 'byte')})"


def _safe(value: Any, notes: dict[str, None], depth: int) -> Any:
    if isinstance(value, str):
        if len(value) > LONGEST:
            notes[f"a value of {len(value):,} characters is cut"] = None
            value = f"{value[:KEPT]}… ({len(value):,} characters in all)"
        masked = redact(value)
        if masked != value:
            notes["what looks like a secret is masked"] = None
        return masked
    if depth >= DEEPEST:
        notes[f"what is deeper than {DEEPEST} levels is left out"] = None
        return "…"
    if isinstance(value, Mapping):
        if _variable(value):
            hidden = secret(str(value["name"]), value["value"])
            if hidden == MASK:
                notes["what looks like a secret is masked"] = None
                value = {**value, "value": hidden}
        return {str(key): _safe(item, notes, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_safe(item, notes, depth + 1) for item in value]
    return value


def _variable(value: Mapping[str, Any]) -> bool:
    """An entry of `env`: a name with a plain value."""
    return isinstance(value.get("name"), str) and isinstance(value.get("value"), str)
