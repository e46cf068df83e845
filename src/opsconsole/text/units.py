"""Numbers, durations, ages and money as text: one place for each, so that a value looks alike on every screen.

`UNKNOWN` stands for every None: missing is never shown as zero.
"""

from datetime import datetime
from decimal import Decimal

UNKNOWN = "unknown"
DASH = "-"
"""For "does not apply", where nothing is missing."""


def number(value: float | None, digits: int = 2) -> str:
    """Three significant figures and a suffix: 0.31, 41.2, 412, 8.9k, 2.1M."""
    if value is None:
        return UNKNOWN
    sign, size = ("-" if value < 0 else ""), abs(value)
    for factor, suffix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= factor * 0.9995:
            return f"{sign}{_short(size / factor, 1)}{suffix}"
    text = _short(size, digits)
    return f"<{10**-digits:g}" if text == "0" and size else sign + text


def percent(ratio: float | None, digits: int | None = None) -> str:
    """A ratio 0–1 as percent without its sign: 0.0031 → `0.31`, 0.91 → `91`."""
    if ratio is None:
        return UNKNOWN
    value = ratio * 100
    if digits is None:
        digits = 0 if abs(value) >= 10 or value == 0 else 1 if abs(value) >= 1 else 2
    return f"{value:.{digits}f}"


def seconds(value: float | None) -> str:
    """A latency: `0.4 ms`, `41 ms`, `1.8 s`, `2m10s`."""
    if value is None:
        return UNKNOWN
    if value < 0.9995:
        return f"{_short(value * 1000, 1)} ms"
    return f"{_short(value, 1)} s" if value < 100 else span(value)


def milliseconds(value: float | None) -> str:
    """Milliseconds in a column of its own, without the unit: `2.1`, `41`, `1.2k`."""
    return number(value, 1)


def size(value: float | None) -> str:
    """Bytes in binary multiples as Kubernetes writes them: `512Mi`, `3.9Gi`."""
    if value is None:
        return UNKNOWN
    for factor, suffix in ((2**40, "Ti"), (2**30, "Gi"), (2**20, "Mi"), (2**10, "Ki")):
        if abs(value) >= factor:
            return f"{_short(value / factor, 1)}{suffix}"
    return f"{value:.0f}B"


def cores(value: float | None) -> str:
    """CPU: `250m` below one core, `3.1` above."""
    if value is None:
        return UNKNOWN
    return f"{value * 1000:.0f}m" if value < 0.9995 else _short(value, 1)


def money(value: Decimal | None, currency: str = "USD", digits: int = 0) -> str:
    """`$41,200`, `-$1,050`, `41,200 EUR`; rounded half even for display only."""
    if value is None:
        return UNKNOWN
    sign = "-" if value < 0 else ""
    amount = f"{abs(value):,.{digits}f}"
    return f"{sign}${amount}" if currency == "USD" else f"{sign}{amount} {currency}"


def span(duration_s: float | None) -> str:
    """A duration in its two largest units at most: `40s`, `12m`, `2m10s` only below ten minutes, `3h05m`, `9d`."""
    if duration_s is None:
        return UNKNOWN
    whole = int(max(0.0, duration_s))
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 10 and rest:
        return f"{minutes}m{rest:02d}s"
    if minutes < 60:
        return f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h{minutes:02d}m" if minutes else f"{hours}h"
    days, hours = divmod(hours, 24)
    return f"{days}d{hours}h" if days < 3 and hours else f"{days}d"


def minutes(duration_s: float) -> str:
    """A duration in whole minutes (`<1m` below one): words made of it must not change by the second."""
    return "<1m" if duration_s < 60 else span(duration_s // 60 * 60)


def age(since: datetime | None, now: datetime) -> str:
    """How long ago, in whole minutes from one minute on (`<1m` below), so that a resting screen stays silent."""
    if since is None:
        return UNKNOWN
    passed = (now - since).total_seconds()
    if passed < 60:
        return "<1m"
    if passed < 3600:
        return f"{int(passed // 60)}m"
    if passed < 86400:
        hours, minutes = divmod(int(passed // 60), 60)
        return f"{hours}h" if hours >= 10 else f"{hours}h{minutes:02d}m"
    days = int(passed // 86400)
    return f"{days}d" if days < 730 else f"{days // 365}y"


def clock(moment: datetime | None) -> str:
    """`02:41`, in UTC."""
    return UNKNOWN if moment is None else moment.strftime("%H:%M")


def when(moment: datetime | None, now: datetime) -> str:
    """`02:41`, in UTC; with its day where that is not today's: `24 Mar 02:41`, and with its year: `24 Mar 2025`."""
    if moment is None or moment.date() == now.date():
        return clock(moment)
    return moment.strftime("%d %b %H:%M" if moment.year == now.year else "%d %b %Y")


def factor(now: float | None, before: float | None) -> str:
    """How many times the value before: `x6.1`; unknown without a before, `new` from zero."""
    if now is None or before is None:
        return UNKNOWN
    if before == 0:
        return DASH if now == 0 else "new"
    times = now / before
    return f"x{times:.1f}" if times < 99.95 else f"x{number(times)}"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 customer`, `212 customers`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _short(value: float, digits: int) -> str:
    """At most three figures: no decimals from 100 on, one from 10 on, else `digits`; no trailing zeros."""
    places = 0 if value >= 99.95 else min(1, digits) if value >= 9.995 else digits
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
