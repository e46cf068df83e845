"""Each service before and after its latest release or roll-back: windows of two minutes, asked while there is news."""

import math
import time
from collections.abc import Iterable
from datetime import timedelta

import msgspec

from ..model.baseline import Comparison, Window
from ..model.finding import Change
from ..rules.deploy_comparison import compare
from ..text import clock
from .board import Board
from .feed import Polled
from .prometheus import Desk
from .topics import CHANGES, COMPARISONS, SERVICES

EVERY_S = 60.0
TIMEOUT_S = 30.0
WINDOW_S = 120.0
BEFORE_S = AFTER_S = 1800.0
SETTLES_S = 60.0
"""While pods are replaced, old and new ones answer: the first windows after tell of neither."""
KEPT = timedelta(hours=2)
MOST = 6
"""Changes of different services that are followed at once: the newest."""
KINDS = ("release", "rollout")
MEASURES = ("p99", "p95", "requests", "errors")


class ComparisonsReader:
    def __init__(self, desk: Desk, board: Board) -> None:
        self._desk = desk
        self._board = board
        self._before: dict[tuple[str, float], tuple[Window, ...]] = {}
        self._done: dict[tuple[str, float], Comparison] = {}

    async def read(self) -> tuple[tuple[Comparison, ...], str]:
        services = self._board.get(SERVICES).value
        known = {row.service for row in services.figures} if services is not None else set()
        wanted = latest(self._board.get(CHANGES).value or (), known)
        keys = {(service, change.at.timestamp()) for service, change in wanted}
        self._before = {key: windows for key, windows in self._before.items() if key in keys}
        self._done = {key: done for key, done in self._done.items() if key in keys}
        found = [await self._compared(service, change) for service, change in wanted]
        return tuple(found), "query_range around each release"

    async def _compared(self, service: str, change: Change) -> Comparison:
        at, now = change.at.timestamp(), time.time()
        key = (service, at)
        if key in self._done:
            return self._done[key]
        if key not in self._before:
            self._before[key] = await self._windows(service, at - BEFORE_S + WINDOW_S, at)
        first = at + SETTLES_S + WINDOW_S
        last = min(now, at + SETTLES_S + AFTER_S)
        after = await self._windows(service, first, last) if last >= first else ()
        measures, said = compare(self._before[key], after, WINDOW_S)
        found = Comparison(service, change.what, change.at, measures, len(self._before[key]), len(after), said)
        if now > at + SETTLES_S + AFTER_S + WINDOW_S:
            self._done[key] = found
        return found

    async def _windows(self, service: str, start: float, end: float) -> tuple[Window, ...]:
        catalogue = await self._desk.catalogue()
        select = catalogue.selection(service)
        steps = math.floor((end - start) / WINDOW_S)
        held: dict[float, Window] = {}
        for measure in MEASURES:
            query = catalogue.query(f"baseline.services.{measure}", window=f"{WINDOW_S / 60:.0f}m", **select)
            answer = await self._desk.source.query_range(query, start, start + steps * WINDOW_S, WINDOW_S)
            for series in answer.series[:1]:
                for at, value in zip(series.times, series.values, strict=True):
                    held[at] = msgspec.structs.replace(held.get(at, Window(at)), **{measure: value})
        return tuple(held[at] for at in sorted(held))


def latest(changes: Iterable[Change], services: Iterable[str]) -> list[tuple[str, Change]]:
    """The newest release or rollout of each service that has requests, within two hours, newest first."""
    known, oldest = set(services), clock.now() - KEPT
    found: dict[str, Change] = {}
    for change in sorted(changes, key=lambda one: one.at, reverse=True):
        service = change.object.rpartition("/")[2]
        if change.kind in KINDS and change.at >= oldest and service in known:
            found.setdefault(service, change)
    return list(found.items())[:MOST]


def comparisons_feed(desk: Desk, board: Board) -> Polled[tuple[Comparison, ...]]:
    return Polled("comparisons", COMPARISONS, EVERY_S, ComparisonsReader(desk, board).read, timeout_s=TIMEOUT_S)
