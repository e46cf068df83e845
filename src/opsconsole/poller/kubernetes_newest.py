"""Which rows are kept of what comes without end: the newest, warnings longest; by minutes, so nothing is sorted."""

from datetime import datetime

from ..sources.kubernetes.wire import EventWire

THINNED_AT = 1.25
"""So many times the rows that are kept: then the oldest go, together."""
Minute = tuple[bool, int]
"""Whether it holds warnings, and which it is since 1970."""


class Newest:
    """Told of every object that comes and goes; says who has to leave."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._minutes: dict[Minute, dict[str, None]] = {}
        self._of: dict[str, Minute] = {}

    def take(self, uid: str, wire: EventWire) -> None:
        minute = (wire.type == "Warning", _minute(wire))
        if self._of.get(uid) != minute:
            self.drop(uid)
            self._of[uid] = minute
            self._minutes.setdefault(minute, {})[uid] = None

    def drop(self, uid: str) -> None:
        minute = self._of.pop(uid, None)
        if minute is not None:
            del self._minutes[minute][uid]
            if not self._minutes[minute]:
                del self._minutes[minute]

    def surplus(self) -> list[str]:
        """Who leaves now: nobody as long as there are not many too many."""
        gone: list[str] = []
        if len(self._of) <= self._most * THINNED_AT:
            return gone
        while (excess := len(self._of) - self._most) > 0:
            oldest = list(self._minutes[min(self._minutes)])[:excess]
            for uid in oldest:
                self.drop(uid)
            gone += oldest
        return gone


def _minute(wire: EventWire) -> int:
    series = wire.series.last_observed_time if wire.series is not None else None
    told: datetime | None = series or wire.last_timestamp or wire.event_time
    told = told or (wire.metadata.creation_timestamp if wire.metadata is not None else None)
    return int(told.timestamp() // 60) if told is not None else 0
