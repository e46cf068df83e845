"""Times as people type them on a command line: `02:41`, `2026-11-21 02:41`, `15m` ago."""

import re
from datetime import datetime, timedelta

from ..text import clock

_AGO = re.compile(r"(\d{1,6})\s*([smhd])(?:\s+ago)?", re.IGNORECASE)
_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})Z?", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SHAPES = "HH:MM (UTC), YYYY-MM-DD HH:MM, an RFC 3339 time, or how long ago: 15m, 2h"


def moment(text: str, now: datetime) -> datetime:
    """An aware time; a time of day is the last one that was. Without a zone it is UTC. Raises ValueError."""
    wanted = text.strip()
    if wanted.casefold() == "now":
        return now
    if ago := _AGO.fullmatch(wanted):
        return now - timedelta(seconds=int(ago[1]) * _SECONDS[ago[2].lower()])
    try:
        if of_day := _OF_DAY.fullmatch(wanted):
            found = now.replace(hour=int(of_day[1]), minute=int(of_day[2]), second=0, microsecond=0)
            return found if found <= now else found - timedelta(days=1)
        return clock.parse(wanted)
    except ValueError:
        raise ValueError(f"{text!r} is no time; write {SHAPES}") from None
