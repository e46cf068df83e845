"""The feed of probes: each is asked at its own pace, and its counts are kept beyond the process."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ..config.settings import Probe
from ..model.asked import Asked
from ..model.collection import Delta
from ..model.finding import Change, Finding
from ..model.probe import ProbeAnswer, Probes, ProbeState, Tally
from ..model.reading import Reading, State
from ..rules import probes as rules
from ..sources.http import ServiceProxy
from ..sources.probes import Prober
from ..text import clock
from ..text.redact import redact
from .board import Board
from .feed import Wake
from .samples import KEEP_S, SAVE_EVERY_S, Samples
from .topics import PROBES, Topic

KIND = "probe"
KEPT = timedelta(seconds=KEEP_S)
"""Counts from before the day say how much of them is of the day."""
APART_S = 0.2
"""Between the first askings of two probes, so that many do not begin in the same moment."""
AGAIN_S, ENOUGH_S = 1.0, 12.0
"""Who looks once asks what fails again so soon, until it failed often enough, but begins none after so long."""


class _Kept(msgspec.Struct, frozen=True):
    """What the store keeps of a probe, a minute apart."""

    asked: int
    failed: int
    good: bool | None
    in_a_row: int
    since: datetime | None


class ProbesFeed:
    """Publishes all probes whenever one of them was asked; `proxy` leads to services inside the cluster."""

    name = "probes"
    topics: tuple[Topic[Any], ...] = (PROBES,)

    def __init__(
        self, settings: Sequence[Probe], store: Samples, proxy: Callable[[], ServiceProxy | None] = lambda: None,
        *, looks_once: bool = False,
    ) -> None:  # fmt: skip
        """Who `looks_once` is told when all were asked."""
        self._settings = tuple(settings)
        self._store = store
        self._proxy = proxy
        self._looks_once = looks_once
        self._held: dict[str, ProbeState] = {}
        self._tallies: dict[str, list[Tally]] = {}
        self._asked: set[str] = set()
        """Those that this console has asked."""
        self._saved: dict[str, datetime] = {}
        self._woken: list[asyncio.Event] = []

    async def run(self, board: Board, wake: Wake) -> None:
        """Ask until cancelled; a refresh asks all of them at once."""
        self._tallies.clear()
        self._woken.clear()
        for probe in self._settings:
            await self._take_kept(probe)
        if self._looks_once:
            await asyncio.gather(*map(self._ask_once, self._settings))
            self._publish(board)
            await asyncio.Future()  # a feed that ends has failed
        async with asyncio.TaskGroup() as group:
            for place, probe in enumerate(self._settings):
                woken = asyncio.Event()
                self._woken.append(woken)
                group.create_task(self._follow(probe, place * APART_S, woken, board), name=f"probe {probe.name}")
            while True:
                if await wake.wait(3600.0):
                    for woken in self._woken:
                        woken.set()

    async def _follow(self, probe: Probe, first_s: float, woken: asyncio.Event, board: Board) -> None:
        prober = Prober(probe, self._proxy())
        try:
            await asyncio.sleep(first_s)
            while True:
                woken.clear()
                state = self._taken(probe, prober.target.kind, await prober.ask())
                # kept first: what was shown has been counted, also where the console ends just then
                await self._keep(state, self._tallies[probe.name][-1])
                self._publish(board)
                try:
                    async with asyncio.timeout(probe.every_s):
                        await woken.wait()
                except TimeoutError:
                    continue
        finally:
            prober.close()

    async def _ask_once(self, probe: Probe) -> None:
        """As often as it must fail for a finding: nobody comes back for the second answer."""
        prober, began = Prober(probe, self._proxy()), clock.boottime()
        try:
            while True:
                state = self._taken(probe, prober.target.kind, await prober.ask())
                if rules.state_of(state) != "failing" or clock.boottime() - began > ENOUGH_S:
                    return
                await asyncio.sleep(AGAIN_S)
        finally:
            prober.close()

    def _taken(self, probe: Probe, kind: str, answer: ProbeAnswer) -> ProbeState:
        """What an answer makes of the probe's state."""
        before = self._held.get(probe.name)
        tallies = self._tallies.setdefault(probe.name, [])
        last = tallies[-1] if tallies else None
        if last is None:  # what was before it was first asked is nothing
            tallies.append(Tally(answer.at.replace(second=0, microsecond=0), 0, 0))
        asked = (last.asked if last else 0) + (answer.good is not None)
        failed = (last.failed if last else 0) + (answer.good is False)
        tallies.append(Tally(answer.at, asked, failed))
        del tallies[: _old(tallies, answer.at)]
        same = before is not None and before.last is not None and before.last.good is answer.good
        in_a_row = before.failed_in_a_row if before is not None else 0
        asked_day, failed_day = rules.day_of(tallies, answer.at)
        state = ProbeState(
            probe.name, redact(probe.target), kind, probe.service, probe.severity, probe.fails, probe.expires_days,
            probe.every_s, answer,
            failed_in_a_row=in_a_row + 1 if answer.good is False else 0,
            since=before.since if same and before is not None else answer.at,
            hour=rules.hour_of(tallies, answer.at, probe.every_s), asked_day=asked_day, failed_day=failed_day,
            asked=_asked(probe, kind, answer),
        )  # fmt: skip
        self._held[probe.name] = state
        self._asked.add(probe.name)
        return state

    def _publish(self, board: Board) -> None:
        known = tuple(self._held[probe.name] for probe in self._settings if probe.name in self._asked)
        asked = tuple(one.asked for one in known if one.asked is not None)
        taken = max(one.last.at for one in known if one.last is not None)
        board.publish(PROBES, Reading(Probes(known), State.OK, taken, 0.0, "asked from this machine", asked=asked))

    async def _keep(self, state: ProbeState, tally: Tally) -> None:
        saved = self._saved.get(state.name)
        if saved is not None and (tally.at - saved).total_seconds() < SAVE_EVERY_S:
            return
        self._saved[state.name] = tally.at
        good = state.last.good if state.last is not None else None
        kept = _Kept(tally.asked, tally.failed, good, state.failed_in_a_row, state.since)
        await self._store.save_sample(KIND, state.name, tally.at, msgspec.json.encode(kept))

    async def _take_kept(self, probe: Probe) -> None:
        """Counts of an earlier console go on; what failed then and fails now has failed since then."""
        now = clock.now()
        newest: _Kept | None = None
        for at, payload in await self._store.samples(KIND, probe.name, now - KEPT):
            try:
                newest = msgspec.json.decode(payload, type=_Kept)
            except msgspec.MsgspecError:
                continue
            self._tallies.setdefault(probe.name, []).append(Tally(at, newest.asked, newest.failed))
        if newest is not None and newest.since is not None and newest.good is not None:
            last = ProbeAnswer(self._tallies[probe.name][-1].at, newest.good, "")
            self._held[probe.name] = ProbeState(
                probe.name, redact(probe.target), "", probe.service, probe.severity, probe.fails, probe.expires_days,
                probe.every_s, last, failed_in_a_row=newest.in_a_row, since=newest.since,
            )  # fmt: skip


class ProbeWatch:
    """A watcher of the judge (see judge.Watcher): what probes find wrong."""

    topics: Sequence[Topic[Any]] = (PROBES,)

    def __init__(self) -> None:
        self._probes: tuple[ProbeState, ...] = ()

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        self._probes = reading.value.probes if isinstance(reading.value, Probes) else ()

    async def findings(self, now: datetime) -> Iterable[Finding]:
        return rules.findings(self._probes, now)

    def changes(self, now: datetime) -> Iterable[Change]:
        return ()

    def place(self, finding: Finding) -> Finding:
        return finding


def _old(tallies: Sequence[Tally], now: datetime) -> int:
    """How many are older than a day, but for the last of these: it says how the counts stood a day ago."""
    return max(0, sum(tally.at < now - rules.DAY for tally in tallies) - 1)


def _asked(probe: Probe, kind: str, answer: ProbeAnswer) -> Asked:
    text = f"GET {redact(probe.target)}" if kind == "http" else redact(probe.target)
    return Asked(
        probe.name, "probe", text, "from this machine", answer.at, answer.took_s or 0.0,
        rows=1, problem="" if answer.good else answer.said, counted="answer", answer=answer.said,
    )  # fmt: skip
