"""The samples of one server's statements: a window and the time before in memory, the rest in the store.

Unchanged entries are shared between samples: of thousands of statements few are called between two readings.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import msgspec

from ..model.statements import StatementsSample
from ..rules.statements import BEFORE_S, TOLERANCE_S, WINDOW_S
from .samples import KEEP_S, SAVE_EVERY_S, Samples

KIND = "pg.statements"
SPACING_S = 55.0
"""Samples older than the window are kept about a minute apart."""
REACH_S = WINDOW_S + BEFORE_S + 120.0
# Differences over thousands of statements take tens of milliseconds: too long for the loop.
reckoner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="statements")

MOST_KNOWN = 20_000


class StatementHistory:
    """Call `load` once, `add` with each new sample, and read `samples` and `first_seen`."""

    def __init__(self, server: str, store: Samples | None) -> None:
        self.server = server
        self.samples: list[StatementsSample] = []
        self.first_seen: dict[str, datetime] = {}
        self._store = store
        self._saved: datetime | None = None
        self._loaded = False

    async def load(self, now: datetime) -> None:
        """Read what earlier consoles have kept: the last hour closely, the days before by the hour."""
        if self._loaded or self._store is None:
            return
        self._loaded = True
        near = now - timedelta(seconds=REACH_S)
        oldest = now - timedelta(seconds=KEEP_S)
        kept = await self._store.samples(KIND, self.server, oldest, until=near, every_s=3600.0)
        kept += await self._store.samples(KIND, self.server, near)
        # Two days of samples take seconds to decode: too long for the loop.
        await asyncio.get_running_loop().run_in_executor(reckoner, self._remember_all, kept, now)
        self._saved = self.samples[-1].taken if self.samples else None

    async def add(self, sample: StatementsSample) -> None:
        """Take in a new reading; about once a minute it also goes to the store."""
        await asyncio.get_running_loop().run_in_executor(reckoner, self._remember, sample)
        if self._store and (self._saved is None or (sample.taken - self._saved).total_seconds() >= SAVE_EVERY_S):
            self._saved = sample.taken
            await self._store.save_sample(KIND, self.server, sample.taken, msgspec.msgpack.encode(sample))

    def _remember_all(self, kept: list[tuple[datetime, bytes]], now: datetime) -> None:
        for _, payload in kept:
            sample = decode(payload)
            if sample is not None and sample.taken < now:
                self._remember(sample)

    def _remember(self, sample: StatementsSample) -> None:
        if self.samples:
            sample = share(self.samples[-1], sample)
        for counters in sample.counters:
            self.first_seen.setdefault(counters.key, counters.since or sample.taken)
        if len(self.first_seen) > MOST_KNOWN:
            present = {counters.key for counters in sample.counters}
            self.first_seen = {key: seen for key, seen in self.first_seen.items() if key in present}
        self.samples = thin([*self.samples, sample])


def thin(samples: list[StatementsSample]) -> list[StatementsSample]:
    """Every sample of the window, one a minute of the time before, and the newest one older than both."""
    now = samples[-1].taken
    kept: list[StatementsSample] = []
    oldest: StatementsSample | None = None
    for sample in samples:
        age = (now - sample.taken).total_seconds()
        if age > REACH_S:
            oldest = sample
        elif (
            age <= WINDOW_S + 2 * TOLERANCE_S
            or not kept
            or (sample.taken - kept[-1].taken).total_seconds() >= SPACING_S
            or (sample.started, sample.stats_reset) != (kept[-1].started, kept[-1].stats_reset)
        ):
            kept.append(sample)
    return [oldest, *kept] if oldest is not None else kept


def share(before: StatementsSample, sample: StatementsSample) -> StatementsSample:
    """The sample with every unchanged entry replaced by the one before, so that both hold the same object."""
    known = {(c.user_id, c.database_id, c.query_id, c.toplevel): c for c in before.counters}
    counters = []
    for entry in sample.counters:
        old = known.get((entry.user_id, entry.database_id, entry.query_id, entry.toplevel))
        counters.append(old if old is not None and old == entry else entry)
    return msgspec.structs.replace(sample, counters=tuple(counters))


def decode(payload: bytes) -> StatementsSample | None:
    """None for a sample of another version of the console: then it begins anew."""
    try:
        return msgspec.msgpack.decode(payload, type=StatementsSample)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None
