"""What the console itself costs a server: its own queries as the server counts them."""

import msgspec


class OwnCost(msgspec.Struct, frozen=True, gc=False):
    """None is unknown: too little has been asked yet."""

    server: str
    per_minute: float | None
    ms_each: float | None
    span_s: float
    """The time that the figures are of."""
    by_server: bool
    """False: by our own clock, with the way there and back; the server does not count, or has not counted twice yet."""
