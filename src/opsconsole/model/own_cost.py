"""What the console itself costs a server: its own queries as the server counts them."""

from datetime import datetime

import msgspec


class OwnCalls(msgspec.Struct, frozen=True, gc=False):
    """What the server has counted of our queries until an instant."""

    at: float
    """Seconds of clock.boottime."""
    started: datetime | None
    """Of the server: another start counts anew."""
    calls: tuple[tuple[int, int, float], ...]
    """(query id, calls, milliseconds) of each."""


class OwnCost(msgspec.Struct, frozen=True, gc=False):
    """None is unknown: too little has been asked yet."""

    server: str
    per_minute: float | None
    ms_each: float | None
    span_s: float
    """The time that the figures are of."""
    by_server: bool
    """False: by our own clock, with the way there and back; the server does not count, or has not counted twice yet."""
