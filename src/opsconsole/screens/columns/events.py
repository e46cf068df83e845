"""The columns of events: when, how often, what, of which object, in whose words."""

from ...model.kubernetes import Event
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Column
from .cells import aside, newest_first, or_none


def event_columns() -> list[Column[Event]]:
    return [
        Column("last", "LAST", 5, lambda e: units.age(e.last, clock.now()), right=True,
               sort=lambda e: newest_first(e.last), search=False),
        Column("type", "TYPE", 7, lambda e: (clean(e.type), "warn" if e.type == "Warning" else "dim")),
        Column("count", "N", 4, lambda e: str(e.count), right=True, sort=lambda e: -e.count, search=False),
        Column("reason", "REASON", 14, lambda e: clean(e.reason), flex=1, most=28),
        Column("object", "OBJECT", 18, _about, flex=2, most=50),
        Column("message", "MESSAGE", 18, lambda e: clean(e.message), flex=5),
        Column("namespace", "NAMESPACE", 12, lambda e: clean(e.namespace), flex=1, most=30, from_width=130),
        Column("source", "SOURCE", 16, lambda e: or_none(e.component), from_width=170, flex=1, most=30),
        aside("first", "FIRST", 5, lambda e: units.age(e.first, clock.now()), right=True, search=False,
              sort=lambda e: newest_first(e.first)),
        aside("part", "SUBOBJECT", 24, lambda e: or_none(e.part)),
    ]  # fmt: skip


def _about(event: Event) -> str:
    """`pod/api-1`; the kind alone where no object of it is named."""
    return clean(f"{event.kind.lower()}/{event.name}" if event.name else event.kind.lower())


def event_order(event: Event) -> float:
    return -(event.last.timestamp() if event.last else 0.0)
