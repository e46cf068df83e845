"""A collection of rows keyed by identity, and the change from one version of it to the next."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")

CHUNK = 400
"""Rows taken in between two looks at the time."""


class Collection(msgspec.Struct, Generic[T]):
    """Rows by identity (uid). Its feed changes `rows` in place between two publications; all others only read.

    A struct of references to frozen rows, deliberately mutable: copying 10,000 entries for each change would cost more
    than the change.
    """

    rows: dict[str, T]
    complete: bool = False
    """False while the first list is still arriving page by page."""
    unreadable: tuple[str, ...] = ()
    """`name: reason` of each object that could not be decoded."""
    denied: tuple[str, ...] = ()
    """Namespaces (or "*") that the credentials may not list."""


class Delta(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """What changed since the last publication."""

    upserts: Mapping[str, T] = {}
    removals: frozenset[str] = frozenset()
    reset: bool = False
    """True: forget everything known before; `upserts` is the whole collection."""


def in_parts(delta: Delta[Any]) -> list[Delta[Any]]:
    """The delta in pieces of at most CHUNK rows; the first one carries reset and removals."""
    rows = list(delta.upserts.items())
    if len(rows) <= CHUNK:
        return [delta]
    pieces = [Delta(upserts=dict(rows[at : at + CHUNK])) for at in range(0, len(rows), CHUNK)]
    pieces[0] = msgspec.structs.replace(pieces[0], reset=delta.reset, removals=delta.removals)
    return pieces
