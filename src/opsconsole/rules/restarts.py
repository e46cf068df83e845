"""Restarts of the last hour: as we saw them happen, else as far as the pods themselves date them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from ..model.collection import Delta
from ..model.kubernetes import Pod
from ..text import units
from .verdict import Verdict, warning

HOUR = timedelta(hours=1)
STORM = 5
"""So many restarts of a workload's pods within an hour are a storm, if they are also a tenth of its pods."""
STORM_SHARE = 0.1


class Count(msgspec.Struct, frozen=True, gc=False):
    """How many restarts there were in an hour."""

    many: int
    whole: bool
    """False: at least so many; more may have happened that nothing dates."""


class RestartLog:
    """Counts restarts as they are seen. What happened before it looked it does not know."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        """By uid: as last seen."""
        self._before: dict[str, int] = {}
        """The same from before the collection last came anew."""
        self._seen: dict[str, list[tuple[datetime, int]]] = {}
        """By uid: (when, how many)."""
        self._known_since: dict[str, datetime] = {}
        """By uid: from when on none was missed."""

    def pods_changed(self, delta: Delta[Pod], now: datetime) -> None:
        """Take news in; a collection that comes anew may come in pieces, the first of which says so."""
        if delta.reset:
            self._before, self._counts = self._counts, {}
        for uid in delta.removals:
            self._counts.pop(uid, None)
            self._seen.pop(uid, None)
            self._known_since.pop(uid, None)
        for uid, pod in delta.upserts.items():
            known = self._counts.get(uid, self._before.get(uid))
            if known is not None and pod.restarts > known:
                ended = pod.last_restart.finished if pod.last_restart is not None else None
                self._seen.setdefault(uid, []).append((ended or now, pod.restarts - known))
            self._counts[uid] = pod.restarts
            self._known_since.setdefault(uid, now)

    def since(self, pod: Pod, moment: datetime) -> int:
        """At least so many restarts of this pod since then."""
        seen = self._seen.get(pod.uid)
        if not seen:
            return restarts_since(pod, moment)
        if seen[0][0] < moment:
            seen[:] = [one for one in seen if one[0] >= moment]
        return max(sum(many for _, many in seen), restarts_since(pod, moment))

    def sees_since(self, pod: Pod, moment: datetime) -> bool:
        """Whether it has seen every restart of this pod since then."""
        known = self._known_since.get(pod.uid)
        return known is not None and known <= moment


def last_hour(pod: Pod, log: RestartLog | None, now: datetime) -> Count | None:
    """Restarts of one pod in the last hour; None where it restarted and nothing tells when."""
    moment = now - HOUR
    if not pod.restarts or (pod.created is not None and pod.created >= moment):
        return Count(pod.restarts, True)
    ends = [c.last.finished for c in pod.containers if c.last is not None and c.last.finished is not None]
    many = log.since(pod, moment) if log is not None else restarts_since(pod, moment)
    many = max(many, sum(end >= moment for end in ends))
    if log is not None and log.sees_since(pod, moment):
        return Count(many, True)
    newest = pod.last_restart.finished if pod.last_restart is not None else None
    if newest is not None and newest < moment:
        return Count(0, True)  # it has not ended since, so it cannot have begun again
    if newest is None and not many:
        return None
    return Count(many, pod.restarts <= many)


def last_hour_of(pods: Iterable[Pod], log: RestartLog | None, now: datetime) -> Count:
    """The same of a workload's pods together."""
    counts = [last_hour(pod, log, now) for pod in pods]
    return Count(
        sum(count.many for count in counts if count is not None),
        all(count is not None and count.whole for count in counts),
    )


def restarts_since(pod: Pod, moment: datetime) -> int:
    """At least so many: all of a pod made since; of an older one only the newest is dated."""
    last = pod.last_restart
    if not pod.restarts or last is None or last.finished is None or last.finished < moment:
        return 0
    return pod.restarts if pod.created is not None and pod.created >= moment else 1


def storm(pods: Sequence[Pod], restarts: int) -> Verdict | None:
    """Many restarts in the last hour over a workload's pods, with how the newest of them ended."""
    if restarts < max(STORM, STORM_SHARE * len(pods)):
        return None
    ends = [pod.last_restart for pod in pods if pod.last_restart is not None and pod.last_restart.finished is not None]
    last = max(ends, key=lambda end: end.finished.timestamp() if end.finished else 0.0, default=None)
    over = sum(1 for pod in pods if pod.restarts)
    words = f"{restarts} restarts in the last hour over {units.plural(over, 'pod')}"
    return warning(f"{words}: {last.reason} {last.exit_code}" if last is not None else words)


def restarts_of(pods: Iterable[Pod], log: RestartLog | None, now: datetime) -> int:
    """Of a workload's pods in the last hour."""
    moment = now - HOUR
    restarted = [pod for pod in pods if pod.restarts]
    return sum(log.since(pod, moment) if log is not None else restarts_since(pod, moment) for pod in restarted)
