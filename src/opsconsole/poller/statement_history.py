"""The samples of one server's statements: all windows and the time before in memory, the rest in the store.

Unchanged entries are shared between samples: of thousands of statements few are called between two readings.
"""

import asyncio
import struct
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import msgspec

from ..model.statements import QUARTER, USUAL, StatementCounters, Statements, StatementsSample
from ..rules.statement_windows import BEFORE_S, LENGTHS_S, TOLERANCE_S
from ..rules.statements import Seen, statements
from .samples import KEEP_S, SAVE_EVERY_S, Samples

KIND = "pg.statements"
CLOSELY_S = LENGTHS_S[USUAL] + 2 * TOLERANCE_S
BY_MINUTE_S = LENGTHS_S[QUARTER] + 60.0
"""Samples are all kept up to the first of these ages, one a minute up to the second, then one in five."""
MINUTE_S, FIVE_MINUTES_S = 55.0, 295.0
REACH_S = LENGTHS_S[QUARTER] + BEFORE_S + 300.0
# Differences over thousands of statements take tens of milliseconds: too long for the loop.
reckoner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="statements")

MOST_KNOWN = 20_000


class StatementHistory:
    """Call `load` once, `add` with each new sample, and ask for the `view` of a window."""

    def __init__(self, server: str, store: Samples | None) -> None:
        self.server = server
        self.samples: list[StatementsSample] = []
        self.first_seen: dict[str, datetime] = {}
        self.began: datetime | None = None
        """When anybody looked first, as far as is remembered."""
        self._store = store
        self._saved: datetime | None = None
        self._loaded = False

    async def load(self, now: datetime) -> None:
        """Read what earlier consoles have kept, as closely as it is held; the days before by the hour."""
        if self._loaded or self._store is None:
            return
        self._loaded = True
        oldest, near, close = (now - timedelta(seconds=age) for age in (KEEP_S, REACH_S, BY_MINUTE_S))
        kept = await self._store.samples(KIND, self.server, oldest, until=near, every_s=3600.0)
        kept += await self._store.samples(KIND, self.server, near, until=close, every_s=FIVE_MINUTES_S)
        kept += await self._store.samples(KIND, self.server, close)
        # Two days of samples take seconds to decode: too long for the loop.
        await asyncio.get_running_loop().run_in_executor(reckoner, self._remember_all, kept, now)
        self._saved = self.samples[-1].taken if self.samples else None

    async def add(self, sample: StatementsSample) -> None:
        """Take in a new reading; about once a minute it also goes to the store."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(reckoner, self._remember, sample)
        if self._store and (self._saved is None or (sample.taken - self._saved).total_seconds() >= SAVE_EVERY_S):
            self._saved = sample.taken
            payload = await loop.run_in_executor(reckoner, msgspec.msgpack.encode, sample)
            await self._store.save_sample(KIND, self.server, sample.taken, payload)

    async def view(self, window: str = USUAL) -> Statements | None:
        """That window at the newest sample, without texts; None while there is nothing to compare it with."""
        return await asyncio.get_running_loop().run_in_executor(reckoner, self._view, window)

    def _view(self, window: str) -> Statements | None:
        return statements(self.samples, window=window, seen=Seen(self.first_seen, self.began))

    def _remember_all(self, kept: list[tuple[datetime, bytes]], now: datetime) -> None:
        samples = [one for _, payload in kept if (one := decode(payload)) is not None and one.taken < now]
        old = [one for one in samples if (now - one.taken).total_seconds() > REACH_S]
        for sample in old[:-1]:
            self._learn(sample, sample.counters)
        for sample in samples[len(old[:-1]) :]:
            self._remember(sample)

    def _remember(self, sample: StatementsSample) -> None:
        known: set[int] = set()
        if self.samples:
            sample = share(self.samples[-1], sample)
            known = {id(counters) for counters in self.samples[-1].counters}
        self._learn(sample, (counters for counters in sample.counters if id(counters) not in known))
        if len(self.first_seen) > MOST_KNOWN:
            present = {counters.key for counters in sample.counters}
            self.first_seen = {key: seen for key, seen in self.first_seen.items() if key in present}
        self.samples = thin([*self.samples, sample])

    def _learn(self, sample: StatementsSample, new: Iterable[StatementCounters]) -> None:
        """Since when these are known."""
        self.began = self.began or sample.taken
        for counters in new:
            self.first_seen.setdefault(counters.key, counters.since or sample.taken)


def thin(samples: list[StatementsSample]) -> list[StatementsSample]:
    """Samples the closer together the younger they are, and the newest one older than the time before."""
    now = samples[-1].taken
    kept: list[StatementsSample] = []
    oldest: StatementsSample | None = None
    for sample in samples:
        age = (now - sample.taken).total_seconds()
        spacing = 0.0 if age <= CLOSELY_S else MINUTE_S if age <= BY_MINUTE_S else FIVE_MINUTES_S
        if age > REACH_S:
            oldest = sample
        elif (
            not kept
            or (sample.taken - kept[-1].taken).total_seconds() >= spacing
            or (sample.started, sample.stats_reset) != (kept[-1].started, kept[-1].stats_reset)
        ):
            kept.append(sample)
    return [oldest, *kept] if oldest is not None else kept


def share(before: StatementsSample, sample: StatementsSample) -> StatementsSample:
    """The sample with every unchanged entry replaced by the one before, so that both hold the same object.

    An entry that changed takes over what stayed the same, too.
    """
    known = {(c.user_id, c.database_id, c.query_id, c.toplevel): c for c in before.counters}
    counters = []
    for entry in sample.counters:
        old = known.get((entry.user_id, entry.database_id, entry.query_id, entry.toplevel))
        if old is None or old is entry or old.since != entry.since:
            counters.append(entry)
        else:
            counters.append(old if old.packed == entry.packed else msgspec.structs.replace(old, packed=entry.packed))
    return msgspec.structs.replace(sample, counters=tuple(counters))


def decode(payload: bytes) -> StatementsSample | None:
    """None for a sample of another version of the console: then it begins anew."""
    try:
        sample = msgspec.msgpack.decode(payload, type=StatementsSample)
        for entry in sample.counters[:1]:
            _ = entry.counts  # another number of counts is another version, too
    except (msgspec.ValidationError, msgspec.DecodeError, struct.error):
        return None
    return sample
