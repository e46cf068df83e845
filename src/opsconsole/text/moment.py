"""A moment of the recent past as people type it: `02:41`, `12m ago`, `-12m`, `2026-03-26 02:41`; always UTC."""

import re
from datetime import datetime, timedelta

from . import clock

_AGO = re.compile(r"-?\s*(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:ago)?")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")
EXAMPLES = "02:41, 12m ago, 2026-03-26 02:41"


def parse(text: str, now: datetime) -> datetime:
    """The moment, never after `now`: a time of day still to come was yesterday's. ValueError with a sentence."""
    words = text.strip().removesuffix("Z").removesuffix("UTC").strip()
    time_of_day, ago = _TIME.fullmatch(words), _AGO.fullmatch(words)
    try:
        if time_of_day:
            hour, minute = map(int, time_of_day.groups())
            moment = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
            return moment if moment <= now else moment - timedelta(days=1)
        if ago and any(ago.groups()):
            days, hours, minutes = (int(part or 0) for part in ago.groups())
            return now - timedelta(days=days, hours=hours, minutes=minutes)
        moment = clock.parse(words)
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:40]!r} is no time; write it in UTC as {EXAMPLES}") from None
    if moment > now:
        raise ValueError(f"{moment:%Y-%m-%d %H:%M}Z is still to come")
    return moment
