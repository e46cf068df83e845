"""The statement counters of one server: thousands of entries read as one text, and turned into values off the loop."""

import asyncio
import re
from concurrent.futures import Executor
from datetime import UTC, datetime

from ...model.statements import Counts, StatementCounters, StatementsSample, Tracked, packed
from ...text import clock
from .connection import Row
from .server import PostgresServer, utc

JIT_SINCE = 150000
_KEY_FIELDS = 4
_COUNTS_END = _KEY_FIELDS + len(Counts._fields)
_DURATION = re.compile(r"(-?\d+)(ms|s|min|h|d)?")
_UNITS_MS = {None: 1.0, "ms": 1.0, "s": 1e3, "min": 60e3, "h": 3600e3, "d": 86400e3}


class StatementReader:
    """Remembers the lines of the reading before: one that did not change is the same entry, and is not read again."""

    def __init__(self, server: PostgresServer, thread: Executor) -> None:
        self.server = server
        self._thread = thread
        self._known: dict[str, StatementCounters] = {}
        self.took_s = 0.0
        """What the newest reading took by the server's own clock: neither the way nor we ourselves are in it."""

    async def read(self) -> StatementsSample:
        """All statement counters of this instant. Raises SourceError."""
        who = await self.server.identity()
        self.server.need_statements(who)
        epoch = (await self.server.ask("the statements' epoch", "epoch"))[0]
        text, hidden, calls, self.took_s = (await self.server.ask("pg_stat_statements", "statements"))[0]
        taken = clock.now()
        entries = await asyncio.get_running_loop().run_in_executor(self._thread, self._entries, text or "")
        started, reset, evicted = epoch[:3]
        return StatementsSample(
            self.server.name, taken, entries, utc(reset), evicted, utc(started), tracked(epoch, who.version), hidden,
            calls or 0,
        )  # fmt: skip

    def _entries(self, text: str) -> tuple[StatementCounters, ...]:
        before = self._known
        self._known = {line: before.get(line) or entry(line) for line in text.split("\n") if line}
        return tuple(self._known.values())


def entry(line: str) -> StatementCounters:
    """One line of the statements query."""
    parts = line.split(" ")
    user, database, query, toplevel = map(int, parts[:_KEY_FIELDS])
    counts = Counts._make(map(float, parts[_KEY_FIELDS:_COUNTS_END]))
    since = datetime.fromtimestamp(float(parts[_COUNTS_END]), UTC) if parts[_COUNTS_END] else None
    return StatementCounters(user, database, query, bool(toplevel), packed(counts), since)


def tracked(epoch: Row, version: int) -> Tracked:
    """What the settings at the end of the epoch query mean; one that the role may not see is unknown."""
    most, planning, io_timing, log = epoch[3:7]
    return Tracked(
        planning=None if planning is None else planning == "on",
        io_timing=None if io_timing is None else io_timing == "on",
        jit=version >= JIT_SINCE,
        most=None if most is None else int(most),
        log_ms=duration_ms(log),
    )


def duration_ms(setting: str | None) -> float | None:
    """Milliseconds of a setting as the server writes it: `250ms`, `1s`, `-1`; None where it is not understood."""
    found = _DURATION.fullmatch(setting or "")
    return None if found is None else float(found[1]) * _UNITS_MS[found[2]]
