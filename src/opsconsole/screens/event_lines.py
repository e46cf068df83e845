"""The events of an object as lines of its page, and moments as they stand there."""

from collections.abc import Sequence
from datetime import datetime

from ..rules.describe_page import Object, at, moment, number
from ..text import units
from ..text.clean import clean, fit
from ..text.redact import redact
from ..widgets.line import Part, Parts


def event_lines(events: Sequence[Object] | None, now: datetime) -> list[Parts]:
    """None: they may not be read."""
    if events is None:
        return [[Part("EVENTS", "title"), Part("   unknown: they may not be read", "warning")]]
    found = sorted(events, key=_when, reverse=True)
    found.sort(key=lambda event: event.get("type") != "Warning")
    head: Parts = [Part("EVENTS", "title"), Part("   warnings first, newest first" if found else "   none", "dim")]
    return [head, *(_event(event, now) for event in found)]


def shown_at(when: datetime | None, now: datetime) -> str:
    """`02:41`; with its day where that was not today."""
    if when is None or when.date() == now.date():
        return fit(units.clock(when), 12)
    return f"{when:%d %b %H:%M}"


def _when(event: Object) -> float:
    times = (event.get("lastTimestamp"), at(event, "series", "lastObservedTime"), event.get("eventTime"))
    found = next((at_ for at_ in map(moment, times) if at_ is not None), None)
    return found.timestamp() if found is not None else 0.0


def _event(event: Object, now: datetime) -> Parts:
    kind, reason = clean(str(event.get("type") or "")), clean(str(event.get("reason") or ""), 60)
    count = max(number(event.get("count")), number(at(event, "series", "count")))
    times = f" (x{count})" if count > 1 else ""
    at_ = datetime.fromtimestamp(_when(event), now.tzinfo) if _when(event) else None
    message = redact(" ".join(str(event.get("message") or "").split()))
    style = "warning" if kind == "Warning" else ""
    head = f"  {shown_at(at_, now)}  {units.age(at_, now):>5} ago  "
    return [Part(head, "dim"), Part(f"{fit(kind, 8)}{reason}{times}  ", style), Part(clean(message))]
