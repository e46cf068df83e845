"""Keeps when rules and alerts fire, so that one can ask later which of them were worth it."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol

import msgspec

from ..model.alerts import Alert, Firing, RuleState
from ..model.finding import Finding
from ..model.reading import Reading, State
from ..rules.alerts import ACTIVE
from ..rules.noise import noise
from ..sources.errors import SourceError
from ..text import clock
from .board import Board
from .feed import Wake
from .topics import ALL_ALERTS, FINDINGS, INCIDENTS, JOURNAL, NOISE, RULES, Topic

SETTLE_S = 2.0
REPORT_EVERY_S = 60.0
PERIOD = timedelta(days=7)
SEEN_EVERY_S = 240.0
"""So often it is written that what fires still does: a console that is killed leaves no firing open for long."""
MOST = 500
"""More that fire at once are not told apart: a flood says nothing of single rules."""
log = logging.getLogger(__name__)


class FiringStore(Protocol):
    """What the feed needs of the store; the calls raise SourceError where its file cannot be used."""

    async def keep_firings(self, standing: Iterable[Firing], over: Iterable[Firing]) -> None: ...

    async def firings(self, since: datetime) -> tuple[Firing, ...]: ...


class FiringsKeeper:
    """Hears of the rules' states and of alerts, and writes what began and what ended. A reading that cannot be trusted
    ends nothing; a store that fails is told again with the next news."""

    name = "firings"
    topics: tuple[Topic[Any], ...] = (NOISE,)

    def __init__(self, store: FiringStore) -> None:
        self._store = store
        self._standing: dict[str, Firing] = {}
        self._written: set[str] = set()
        self._over: dict[str, Firing] = {}
        self._seen_at = self._reported_at = float("-inf")

    async def run(self, board: Board, wake: Wake) -> None:
        """Write until cancelled."""
        news = asyncio.Event()
        news.set()
        heard: tuple[Topic[Any], ...] = (RULES, ALL_ALERTS, FINDINGS)
        endings = [board.subscribe(topic, lambda reading, delta: news.set()) for topic in heard]
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REPORT_EVERY_S):
                        await news.wait()
                news.clear()
                self.look(board)
                wrote = await self.write()
                if wrote or clock.boottime() - self._reported_at >= REPORT_EVERY_S:
                    await self.report(board)
                await asyncio.sleep(SETTLE_S)
        finally:
            for end in endings:
                end()

    def look(self, board: Board) -> None:
        """Take over what fires now, and note what does no longer."""
        now = clock.now()
        rules, alerts, findings = board.get(RULES).value, board.get(ALL_ALERTS), board.get(FINDINGS).value
        if rules is None:
            return
        found = {one.finding: one for one in (*firing_rules(rules), *_others(findings or (), rules))}
        alerts_told = alerts.state is State.OK and alerts.value is not None
        if alerts_told:
            found |= {one.finding: one for one in firing_alerts(alerts.value or ())}
        # of a flood not all are taken over: what is cut off still fires
        going_on = _unknown(rules) | {f"alert:{one.fingerprint}" for one in alerts.value or () if one.state in ACTIVE}
        for id, firing in tuple(self._standing.items()):
            if id in found or id in going_on or (id.startswith("alert:") and not alerts_told):
                continue
            self._over[id] = msgspec.structs.replace(firing, ended=now, seen=now)
            del self._standing[id]
        for id, firing in found.items():
            if id in self._standing or len(self._standing) < MOST:
                self._standing.setdefault(id, firing)

    async def report(self, board: Board) -> None:
        """The noise of the last days, as the store has it."""
        self._reported_at = clock.boottime()
        now = clock.now()
        known, journal = board.get(INCIDENTS).value, board.get(JOURNAL).value
        try:
            firings = await self._store.firings(now - PERIOD)
        except SourceError as error:
            board.mark(NOISE, State.FAILED, error.problem)
            return
        acknowledgements = known.acknowledgements if known is not None else ()
        incidents = known.incidents if known is not None else ()
        found = noise(firings, acknowledgements, incidents, journal or (), now - PERIOD, now)
        board.publish(NOISE, Reading(found, State.OK, now, source="store: when rules fired"))

    async def write(self) -> bool:
        """Hand over what is new; True where there was something."""
        due = clock.boottime() - self._seen_at >= SEEN_EVERY_S
        fresh = [one for id, one in self._standing.items() if due or id not in self._written]
        over = [one for id, one in self._over.items() if id in self._written]
        if not fresh and not over:
            self._over.clear()
            return False
        try:
            await self._store.keep_firings(fresh, over)
        except SourceError as error:
            log.warning("when rules fired could not be kept: %s", error)
            return False
        if due:
            self._seen_at = clock.boottime()
        self._over.clear()
        self._written = set(self._standing)
        return True


def firing_rules(rules: Iterable[RuleState]) -> list[Firing]:
    """What fires by the rules of the policy."""
    return [
        Firing(f"{rule.id}:{one.object}", rule.id, one.object, rule.severity, one.since)
        for rule in rules
        for one in rule.objects
        if one.state == "firing" and one.since is not None
    ]


def firing_alerts(alerts: Iterable[Alert]) -> list[Firing]:
    """Active alerts, silenced ones left out: nobody was told of these."""
    active = (one for one in alerts if one.state in ACTIVE and one.severity != "none")
    return [
        Firing(f"alert:{one.fingerprint}", f"alert {one.name}", _where(one), one.severity, one.since)
        for one in islice(active, MOST)
        if one.since is not None
    ]


def _others(findings: Iterable[Finding], rules: Iterable[RuleState]) -> list[Firing]:
    """Findings of the console's own rules that no policy has: crash loops, blind sources, health checks."""
    of_policy = {rule.id for rule in rules}
    return [
        Firing(one.id, one.rule, one.object, one.severity.name.lower(), one.since)
        for one in findings
        if one.rule and one.rule not in of_policy and one.rule != "alert" and one.state == "firing" and one.since
    ]


def _unknown(rules: Iterable[RuleState]) -> set[str]:
    """What fired when it was last seen: no value is no end."""
    return {f"{rule.id}:{one.object}" for rule in rules for one in rule.objects if one.state == "unknown"}


def _where(alert: Alert) -> str:
    labels = dict(alert.labels)
    return labels.get("service") or labels.get("deployment") or labels.get("pod") or labels.get("instance") or ""
