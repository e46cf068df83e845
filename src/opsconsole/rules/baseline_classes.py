"""Classes of hours: a weekday's afternoon is held against those of other weekdays, wider only where there are too few.

Hours are UTC. The narrowest class that has hours enough is taken, and its words say which one it is.
"""

from datetime import UTC, datetime

import msgspec

DAY_S = 86400.0
PARTS_S = (300.0, 1200.0, 2100.0, 3000.0)
"""Where in an hour its windows end: spread over it, and none on the full hour, when timers go off."""


class HourClass(msgspec.Struct, frozen=True, gc=False):
    weekend: bool | None
    """None: any day."""
    hours: tuple[int, ...]

    @property
    def words(self) -> str:
        """`weekdays 14h`, `weekends 13–15h`, `all days 13–15h`."""
        days = {None: "all days", True: "weekends", False: "weekdays"}[self.weekend]
        hours = f"{self.hours[0]:02d}" if len(self.hours) == 1 else f"{self.hours[0]:02d}–{self.hours[-1]:02d}"
        return f"{days} {hours}h"

    def holds(self, at: float) -> bool:
        """Whether a window that ends then lies in it."""
        moment = _moment(at)
        return moment.hour in self.hours and self.weekend in (None, moment.weekday() >= 5)


def classes(at: float) -> tuple[HourClass, ...]:
    """The classes of a moment, the narrowest first."""
    moment = _moment(at)
    weekend, hour = moment.weekday() >= 5, moment.hour
    around = ((hour - 1) % 24, hour, (hour + 1) % 24)
    return HourClass(weekend, (hour,)), HourClass(weekend, around), HourClass(None, around)


def hour_of(at: float) -> int:
    """Number of the hour that a window that ends then lies in."""
    return int((at - 1.0) // 3600)


def _moment(at: float) -> datetime:
    """A window that ends on the full hour lies in the hour before."""
    return datetime.fromtimestamp(at - 1.0, UTC)
