"""What had metrics within the last day and has none now."""

from datetime import datetime

import msgspec


class Ended(msgspec.Struct, frozen=True, gc=False):
    """A scrape job, or a service by its request metrics."""

    name: str
    what: str
    """`scrapes` or `request metrics`."""
    since: datetime | None
    """Time of its last sample; None where nobody knows."""


class Quiet(msgspec.Struct, frozen=True, gc=False):
    """What ended, and how many others go on."""

    ended: tuple[Ended, ...]
    others: int
