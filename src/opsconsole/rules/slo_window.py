"""Since when a budget is counted: a rolling window goes back from now, one of the calendar begins on its day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ..model.slo import Window

MONTHS = {"M": 1, "Q": 3, "Y": 12}


def bounds(window: Window, now: datetime) -> tuple[datetime, datetime]:
    """Beginning and end of the window that `now` lies in, in UTC; a rolling one ends now."""
    if window.rolling:
        return now - timedelta(seconds=window.nominal_s), now
    zone = ZoneInfo(window.zone)
    first = datetime.fromisoformat(window.start)
    local = now.astimezone(zone).replace(tzinfo=None)
    number = _estimate(window, first, local)
    while _nth(window, first, number) > local:
        number -= 1
    while _nth(window, first, number + 1) <= local:
        number += 1
    begin, end = (_nth(window, first, index).replace(tzinfo=zone) for index in (number, number + 1))
    return begin.astimezone(UTC), end.astimezone(UTC)


def _estimate(window: Window, first: datetime, local: datetime) -> int:
    if window.unit in MONTHS:
        months = (local.year - first.year) * 12 + local.month - first.month
        return months // (window.count * MONTHS[window.unit])
    return int((local - first).total_seconds() // window.nominal_s)


def _nth(window: Window, first: datetime, number: int) -> datetime:
    """The beginning of the window so many after the first; the 31st of a shorter month is its last day."""
    if window.unit not in MONTHS:
        return first + timedelta(seconds=window.nominal_s * number)
    months = first.month - 1 + number * window.count * MONTHS[window.unit]
    year, month = first.year + months // 12, months % 12 + 1
    last = (datetime(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day  # noqa: DTZ001  # local time
    return first.replace(year=year, month=month, day=min(first.day, last))
