"""Which migrations of the database a revision has not known: those applied since it began."""

from datetime import datetime

from ..model.migration import Migration, Migrations
from ..text import units

_NAMED = 3


def since(known: Migrations, began: datetime | None) -> tuple[Migration, ...] | None:
    """None where either is unknown."""
    if known.applied is None or began is None:
        return None
    return tuple(one for one in known.applied if one.at >= began)


def briefly(known: Migrations, began: datetime | None, now: datetime) -> str:
    """`none`, `0043_orders_index 02:31`, `3, the last 0043_orders_index 02:31`, `unknown`."""
    found = since(known, began)
    if found is None:
        return units.UNKNOWN
    if not found:
        return "none"
    last = f"{found[-1].name} {units.when(found[-1].at, now)}"
    return last if len(found) == 1 else f"{len(found)}, the last {last}"


def at_length(known: Migrations, began: datetime | None, now: datetime) -> str:
    """The same with the names of the newest, and why it is unknown."""
    found = since(known, began)
    if known.applied is None:
        return f"{units.UNKNOWN}: {known.why}"
    if found is None:
        return f"{units.UNKNOWN}: nothing tells when the revision began"
    if not found:
        return f"none of {len(known.applied)} was applied since {units.when(began, now)}"
    names = " · ".join(f"{one.name} {units.when(one.at, now)}" for one in reversed(found[-_NAMED:]))
    more = f" · {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{units.plural(len(found), 'migration')} since {units.when(began, now)}: {names}{more}"
