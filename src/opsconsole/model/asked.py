"""A query that a number came from: what it asks for, its text, whom it was put to, when, and how long that took."""

from datetime import datetime

import msgspec


class Asked(msgspec.Struct, frozen=True, gc=False):
    name: str
    what: str
    text: str
    server: str
    taken: datetime
    took_s: float
    rows: int = 0
    problem: str = ""
    """Why there was no answer."""
    counted: str = "row"
    """What `rows` counts: rows of a query, lines of an answer."""
    answer: str = ""
    """The part of the raw answer that matters, cut short; "" where it is not kept."""
    beside: tuple[tuple[str, str], ...] = ()
    """Parameters of the request beside the text: of when, from when to when, how finely, how many."""
