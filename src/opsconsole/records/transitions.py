"""Remembers when rules began and ceased to be broken, before there is an incident and while one is open."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from ..config.settings import Policy
from ..model.finding import Finding
from ..text import units

KEEP = timedelta(hours=24)
BRIEF = timedelta(minutes=1)
"""A source that answers again sooner than that was late, not gone: no word in the story."""
AT_MOST = 5000
_SEEN_BY: Mapping[int, tuple[str, ...]] = {
    1: ("prom", "am"),
    2: ("k8s", "prom"),
    3: ("pg", "redis", "prom", "pgbouncer"),
    4: ("bill",),
    5: ("cust",),
}
"""By tab: the sources that its findings are seen through."""
_WITHIN = ", within the limit for "


class Transition(msgspec.Struct, frozen=True, gc=False):
    """A rule began or ceased to be broken."""

    finding: str
    began: bool
    at: datetime
    text: str
    origin: str = ""
    by_alert: bool = False
    """Told by an Alertmanager, not judged here."""


class Transitions:
    """Fed with the findings; what it remembers is at most a day old."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._firing: dict[str, Finding] = {}
        self._told: deque[Transition] = deque(maxlen=AT_MOST)
        self._held: dict[str, Transition] = {}
        """Sources that have not answered for a moment, by finding."""

    def hear(self, findings: Sequence[Finding], now: datetime) -> tuple[str, ...]:
        """The newest list; returns what ended: what it does not name any more, unless nobody can see it just now."""
        ended = []
        firing = {finding.id: finding for finding in findings if finding.state == "firing"}
        blind = {finding.id.removeprefix("blind:") for finding in findings if finding.rule == "blind"}
        for id, finding in firing.items():
            if id in self._firing:
                continue
            if finding.rule == "blind":
                self._held[id] = self._began(finding, now)
            else:
                self._told.append(self._began(finding, now))
        self._release(now)
        for id, finding in self._firing.items():
            if id in firing:
                continue
            if finding.rule != "blind" and blind.intersection(_SEEN_BY.get(finding.tab, ())):
                firing[id] = finding
            elif not self._taken_over(finding, firing):
                if self._held.pop(id, None) is None:
                    self._told.append(self._ended(finding, now))
                ended.append(id)
        self._firing = firing
        while self._told and self._told[0].at < now - KEEP:
            self._told.popleft()
        return tuple(ended)

    def next_due(self, now: datetime) -> float | None:
        """In how many seconds a source has not answered for so long that it is told; None where none is."""
        first = min((one.at for one in self._held.values()), default=None)
        return max(0.0, (first + BRIEF - now).total_seconds()) if first is not None else None

    def _release(self, now: datetime) -> None:
        for id, one in tuple(self._held.items()):
            if now - one.at >= BRIEF:
                self._told.append(self._held.pop(id))

    def since(self, start: datetime, now: datetime) -> tuple[Transition, ...]:
        """Those at or after `start`, in order of time."""
        self._release(now)
        return tuple(sorted((one for one in self._told if one.at >= start), key=lambda one: one.at))

    def _began(self, finding: Finding, now: datetime) -> Transition:
        """It fires once the limit has been broken for as long as the rule asks."""
        rule = self._policy.rules.get(finding.rule)
        since = finding.since or now
        at = min(now, since + timedelta(seconds=rule.for_s)) if rule is not None else min(now, since)
        before = f", broken since {units.clock(since)}" if at - since >= timedelta(minutes=1) else ""
        whom = f", hurts {finding.whom}" if finding.whom else ""
        return _told(finding, True, at, f"{_bare(finding)}{before}{whom}")

    def _ended(self, finding: Finding, now: datetime) -> Transition:
        """A rule holds on for a while after the value is within its limit again: that is when it ended."""
        rule = self._policy.rules.get(finding.rule)
        if rule is not None and _WITHIN in finding.what:
            at = max(now - timedelta(seconds=rule.keep_firing_s), finding.since or now)
            return _told(finding, False, at, f"ended: {_within(finding)}")
        return _told(finding, False, now, f"no longer: {_bare(finding)}")

    def _taken_over(self, finding: Finding, firing: Mapping[str, Finding]) -> bool:
        """Whether a stricter rule on the same measure says it now: then nothing ended."""
        rule = self._policy.rules.get(finding.rule)
        if rule is None:
            return False
        others = (other for other in firing.values() if other.object == finding.object)
        measures = (found.measure for other in others if (found := self._policy.rules.get(other.rule)) is not None)
        return rule.measure in measures


def _told(finding: Finding, began: bool, at: datetime, text: str) -> Transition:
    return Transition(finding.id, began, at, text, finding.origin, finding.rule == "alert")


def _bare(finding: Finding) -> str:
    return finding.what.partition(_WITHIN)[0]


def _within(finding: Finding) -> str:
    """`api P99 0.3 s (limit > 500 ms)`: it would read as if it still were."""
    bare = _bare(finding)
    if not finding.limit or not bare.endswith(finding.limit):
        return bare
    return f"{bare.removesuffix(finding.limit).rstrip()} (limit {finding.limit})"
