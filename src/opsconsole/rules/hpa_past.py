"""The steps that an HPA took: from its events with their reasons, joined to what was known before; and thrashing."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from ..model.kubernetes import Event, Hpa, HpaPast, Scaling
from ..text import units

KEPT = timedelta(hours=24)
ASKED_KEPT = timedelta(hours=1)
"""No stabilization window is longer (autoscaling/v2: 3600 s)."""
MOST = 500
"""Steps and recommendations of one HPA that are kept."""
TURNS = 4
"""So many changes of direction within an hour are thrashing (as thresholds flap)."""
HOUR = timedelta(hours=1)
_NEW_SIZE = re.compile(r"New size: (\d+)(?:; reason: (.*))?", re.DOTALL)
_SCALED = re.compile(r"Scaled (?:up|down) replica set \S+ from (\d+) to (\d+)")
_ANSWERED = timedelta(seconds=30)
"""A Deployment follows its HPA within this."""


def scalings(hpa: Hpa, events: Iterable[Event]) -> tuple[Scaling, ...]:
    """Its steps that events of it tell, oldest first; the first one's origin from its Deployment's events."""
    told: list[tuple[datetime, int, str]] = []
    own: list[tuple[datetime, int, int]] = []
    for event in events:
        at = event.last or event.first
        if at is None or event.namespace != hpa.namespace:
            continue
        size, scaled = _NEW_SIZE.match(event.message), _SCALED.match(event.message)
        if size is not None and event.reason == "SuccessfulRescale" and event.name == hpa.name:
            told.append((at, int(size[1]), (size[2] or "").strip()))
        elif scaled is not None and event.reason == "ScalingReplicaSet" and event.name == hpa.target_name:
            own.append((at, int(scaled[1]), int(scaled[2])))
    told.sort()
    steps: list[Scaling] = []
    for at, after, reason in told:
        moved = next((old for when, old, new in own if new == after and abs(when - at) <= _ANSWERED), None)
        before = moved if moved is not None else steps[-1].after if steps else None
        steps.append(Scaling(at, after, before, reason))
    return tuple(steps)


def joined(old: HpaPast, found: Iterable[Scaling], now: datetime) -> HpaPast:
    """With newly told steps, without those of more than 24 hours ago; a step that is told again is the same one."""
    known = {(one.at, one.after): one for one in old.scalings}
    for one in found:
        same = known.get((one.at, one.after))
        if same is None or (same.before is None and one.before is not None):
            known[one.at, one.after] = one
    kept = sorted((one for one in known.values() if now - one.at <= KEPT), key=lambda one: one.at)
    chained: list[Scaling] = []
    for one in kept:
        if one.before is None and chained:
            one = msgspec.structs.replace(one, before=chained[-1].after)
        chained.append(one)
    return msgspec.structs.replace(old, scalings=tuple(chained[-MOST:]))


def asked(old: HpaPast, before: int | None, wanted: int | None, now: datetime) -> HpaPast:
    """With what it asks for now; what it asked `before` held until now (a status is written when it changes)."""
    marks = [mark for mark in old.asked if now - mark[0] <= ASKED_KEPT]
    for one in (before, wanted):
        if one is not None and (not marks or marks[-1] != (now, one)):
            marks.append((now, one))
    return msgspec.structs.replace(old, asked=tuple(marks[-MOST:]), watched_since=old.watched_since or now)


def turns(past: HpaPast, now: datetime) -> int:
    """Changes of direction within the last hour."""
    changes = [one.after - one.before for one in past.scalings if one.before is not None and now - one.at <= HOUR]
    signs = [change > 0 for change in changes if change]
    return sum(1 for one, other in pairwise(signs) if one != other)


def told(past: HpaPast, now: datetime) -> list[str]:
    """The steps of the last 24 hours with their reasons, newest first, and from when on they are known."""
    lines = [_step(one) for one in reversed(past.scalings) if now - one.at <= KEPT]
    if past.known_since is None:
        since = "how far back is unknown"
    elif now - past.known_since >= KEPT:
        since = "of 24 hours"
    else:
        since = f"known since {units.when(past.known_since, now)} ({units.age(past.known_since, now)})"
    earlier = any(past.known_since is not None and one.at < past.known_since for one in past.scalings)
    gap = ", before that in part" if earlier else ""
    return [f"{units.plural(len(lines), 'scaling')}, {since}{gap}", *lines]


def last_words(past: HpaPast, now: datetime) -> str:
    """`9m 12→20 cpu resource utilization above target`; "" where none is known."""
    if not past.scalings:
        return ""
    last = past.scalings[-1]
    return f"{units.age(last.at, now)} {_sizes(last)} {short_reason(last.reason)}".strip()


def short_reason(reason: str) -> str:
    """The controller's own reason without what every one of them says."""
    return reason.replace(" resource utilization (percentage of request)", "").replace(
        "Current number of replicas ", ""
    )


def _step(one: Scaling) -> str:
    return f"{units.clock(one.at)} {_sizes(one)} {one.reason}".rstrip()


def _sizes(one: Scaling) -> str:
    return f"{one.before}→{one.after}" if one.before is not None else f"→{one.after}"
