"""Whether a PersistentVolumeClaim has its volume, and if not, why."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..model.collection import Delta
from ..model.kubernetes import Claim, Event
from ..text import units
from .pod_trouble import PATIENCE, first
from .verdict import OK, Verdict, critical, info, warning

SOON = timedelta(minutes=2)
"""So long a volume may take to be made."""
_WAITS_FOR_A_POD = "WaitForFirstConsumer"


class ClaimEvents:
    """Of all events those that speak of claims; fed with their deltas."""

    def __init__(self) -> None:
        self._events: dict[str, dict[str, Event]] = {}
        """By the claim's uid."""

    def changed(self, delta: Delta[Event]) -> set[str]:
        """Take events in; the uids of the claims of which something new is said."""
        if delta.reset:
            self._events.clear()
        if delta.removals:
            left = ((claim, events.keys() - delta.removals) for claim, events in self._events.items())
            self._events = {claim: {uid: self._events[claim][uid] for uid in uids} for claim, uids in left if uids}
        new = {uid: event for uid, event in delta.upserts.items() if event.kind == "PersistentVolumeClaim"}
        for uid, event in new.items():
            self._events.setdefault(event.object_uid, {})[uid] = event
        return {event.object_uid for event in new.values()}

    def of(self, claim: str) -> Iterable[Event]:
        return self._events.get(claim, {}).values()


def claim_state(claim: Claim, now: datetime, events: Iterable[Event] = ()) -> Verdict:
    """`events` that speak of it tell the reason."""
    if claim.phase == "Lost":
        return critical(f"lost: its volume {claim.volume} is gone" if claim.volume else "lost: its volume is gone")
    if claim.deleting is not None:
        lasts = now - claim.deleting
        words = f"terminating for {units.span(lasts.total_seconds())}"
        return warning(f"{words}: a pod may still use it") if lasts > PATIENCE else info(words)
    if claim.phase == "Pending":
        return _pending(claim, now, events)
    failed = next((c for c in claim.conditions if c.type.endswith("Error") and c.status == "True"), None)
    if failed is not None:
        return warning(f"{failed.type}: {first(failed.message) or failed.reason}")
    growing = next((c for c in claim.conditions if c.type.endswith(("Resizing", "ResizePending"))), None)
    return info(f"growing to {claim.asked}") if growing is not None and growing.status == "True" else OK


def _pending(claim: Claim, now: datetime, events: Iterable[Event]) -> Verdict:
    newest = max(events, key=lambda event: event.last.timestamp() if event.last else 0.0, default=None)
    waited = now - claim.created if claim.created is not None else timedelta()
    words = f"pending for {units.span(waited.total_seconds())}"
    if newest is not None and newest.reason == _WAITS_FOR_A_POD:
        return info(f"{words}: waits for a pod that uses it")
    if newest is not None:
        words += f": {first(newest.message) or newest.reason}"
    elif not claim.storage_class:
        words += ": no storage class"
    return warning(words) if waited > SOON else info(words)
