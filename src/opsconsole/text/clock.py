"""The one clock: aware UTC for what is shown and stored, boot time for ages (it goes on while the machine sleeps)."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The time of day, aware, in UTC."""
    return datetime.now(UTC)


def boottime() -> float:
    """Seconds of a clock that never jumps and counts suspended time too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def parse(text: str) -> datetime:
    """An RFC 3339 time as an aware UTC datetime; ValueError when it is none."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
