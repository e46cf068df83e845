"""The ranges that `t` offers and the steps of `,` and `.`, as windows of a log."""

from datetime import datetime, timedelta

from ..model.logs import TAIL, Window
from ..text import units

MINUTES = (1, 5, 15, 60)
STEP = timedelta(minutes=5)
"""Of a window that has no length of its own."""
BEFORE = timedelta(minutes=1)
"""A window that begins with an event shows what led to it."""


def offered(now: datetime, breach: datetime | None, restart: datetime | None) -> list[tuple[str, Window | None]]:
    """(words, window); None where it cannot be had, which the words say."""
    found: list[tuple[str, Window | None]] = [("tail: the newest lines", TAIL)]
    for minutes in MINUTES:
        words = f"last {minutes} min" if minutes < 60 else "last hour"
        found.append((words, since(now - timedelta(minutes=minutes))))
    if breach is not None:
        found.append((f"since the breach, {units.clock(breach)}", since(breach - BEFORE)))
    else:
        found.append(("since the breach: nothing fires", None))
    if restart is not None:
        found.append((f"since the newest restart, {units.clock(restart)}", since(restart - BEFORE)))
    else:
        found.append(("since the newest restart: nothing has restarted", None))
    return found


def since(start: datetime) -> Window:
    return Window(f"since {start:%H:%M}", start)


def earlier(window: Window, first: datetime | None, now: datetime) -> Window:
    """The window before this one, as long as it; `first` is the time of the first line that is shown."""
    start = window.start or first or now
    length = (window.end or now) - start if window.start is not None else STEP
    length = max(length, timedelta(minutes=1))
    return between(start - length, start)


def later(window: Window, now: datetime) -> Window | None:
    """The window after this one; the last one goes on as lines come. None when this one does already."""
    if window.end is None or window.start is None:
        return None
    end = window.end + (window.end - window.start)
    return since(window.end) if end >= now else between(window.end, end)


def between(start: datetime, end: datetime) -> Window:
    return Window(f"{start:%H:%M}-{end:%H:%M}", start, end)
