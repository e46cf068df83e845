"""What a reading asked: sources note each query as they put it, and who takes the reading gathers what was noted.

It goes by context, so that several readings of one server can be under way at once and each keeps its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..model.asked import Asked

MOST = 60
"""So many queries of one reading are kept: the newest."""
GIVEN_UP = "given up before it answered"
"""What is said of a query that nobody waits for any more: no rows came, and none is not its answer."""

_gathered: ContextVar[list[Asked] | None] = ContextVar("asked", default=None)


def note(asked: Asked) -> None:
    """A query was answered, or refused. Where nobody gathers it is forgotten."""
    gathered = _gathered.get()
    if gathered is not None:
        gathered.append(asked)
        del gathered[:-MOST]


@contextmanager
def gathering() -> Iterator[list[Asked]]:
    """All that is noted within, in tasks begun there, too; whoever gathers around it hears of nothing."""
    gathered: list[Asked] = []
    token = _gathered.set(gathered)
    try:
        yield gathered
    finally:
        _gathered.reset(token)


@contextmanager
def overhearing() -> Iterator[list[Asked]]:
    """The same, and whoever gathers around it hears of it, too."""
    heard: list[Asked] = []
    try:
        with gathering() as heard:
            yield heard
    finally:
        for asked in heard:
            note(asked)
