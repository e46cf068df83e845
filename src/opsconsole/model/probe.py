"""Probes: what is asked from here again and again, how it answered, and how it did in the last hour and day."""

from datetime import datetime

import msgspec

from .asked import Asked


class ProbeAnswer(msgspec.Struct, frozen=True, gc=False):
    """How one asking ended."""

    at: datetime
    good: bool | None
    """None: it could not be asked, because of its settings."""
    said: str
    """`HTTP 200`, `HTTP 503, wanted 200-299`, `no connection: Connection refused`."""
    took_s: float | None = None
    expires: datetime | None = None
    """When the certificate that was shown ends."""
    remedy: str = ""


class Tally(msgspec.Struct, frozen=True, gc=False):
    """Counts since the beginning of all time, as they stood at one moment: differences of two say what was between."""

    at: datetime
    asked: int
    failed: int


class ProbeState(msgspec.Struct, frozen=True, gc=False):
    """One probe as it stands."""

    name: str
    target: str
    """Without credentials."""
    kind: str
    """http, tcp, tls, dns."""
    service: str
    severity: str
    fails: int
    """So many failures in a row are a finding."""
    expires_days: float
    """A certificate with fewer days left is a finding."""
    every_s: float
    last: ProbeAnswer | None = None
    failed_in_a_row: int = 0
    since: datetime | None = None
    """Since when it answers as it does; None while that is not known."""
    hour: tuple[float | None, ...] = ()
    """The last sixty minutes, oldest first: share of good answers in each; None where it was not asked."""
    asked_day: int = 0
    failed_day: int = 0
    """Of the last 24 hours, as far as it was asked then."""
    asked: Asked | None = None

    @property
    def key(self) -> str:
        return f"probe {self.name}"


class Probes(msgspec.Struct, frozen=True, gc=False):
    probes: tuple[ProbeState, ...] = ()
