"""What the judge knows of the roles of PostgreSQL servers: fail-overs as they happen, a split brain, no primary."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ..model.collection import Delta
from ..model.counters import ServerCounters
from ..model.finding import Change, Finding
from ..model.postgres import ServerFacts
from ..model.reading import Reading, State
from ..rules.failover import failover_changes, primaries, role_findings
from ..text import units
from .samples import KEEP_S, Samples
from .topics import Topic

KEPT = timedelta(hours=24)
COUNTERS = "pg.counters"
"""Kind of the samples that hold the facts of before this console."""


class FailoverWatch:
    """A watcher of the judge (see judge.Watcher) for the facts of all servers."""

    def __init__(self, topics: Sequence[Topic[ServerFacts]], store: Samples | None = None) -> None:
        self.topics: Sequence[Topic[Any]] = tuple(topics)
        self._store = store
        self._newest: dict[str, Reading[ServerFacts]] = {}
        """By the server's name; a reading that failed keeps its last value."""
        self._remembered: set[str] = set()
        """Servers that were compared with what an earlier console saw."""
        self._changes: tuple[Change, ...] = ()
        self._had_primary: frozenset[str] = frozenset()
        self._since: dict[str, datetime] = {}

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        now = reading.value
        if not isinstance(now, ServerFacts):
            return
        before = self._newest.get(now.server)
        self._newest[now.server] = reading
        if reading.state is State.OK and reading.taken is not None:
            self._changes += failover_changes(before.value if before else None, now, reading.taken)
            self._had_primary |= primaries({now.server: now})

    async def findings(self, now: datetime) -> Iterable[Finding]:
        await self._remember()
        newest = {name: reading.value for name, reading in self._newest.items() if reading.value is not None}
        live = [name for name, reading in self._newest.items() if reading.state in (State.OK, State.LATE)]
        found = role_findings(newest, live, self._had_primary, self._since)
        self._since = {one.id: self._since.get(one.id, now) for one in found}
        return [msgspec.structs.replace(one, since=self._since[one.id]) for one in found if self._certain(one)]

    def changes(self, now: datetime) -> Iterable[Change]:
        self._changes = tuple(change for change in self._changes if change.at >= now - KEPT)
        return self._changes

    def place(self, finding: Finding) -> Finding:
        return finding

    def _certain(self, finding: Finding) -> bool:
        """Whether all servers that answer were read since it began: while roles move, readings are of two moments."""
        began = self._since[finding.id]
        read = (reading.taken for reading in self._newest.values() if reading.state is State.OK)
        return all(taken is not None and taken > began for taken in read)

    async def _remember(self) -> None:
        """Compare the first reading of each server with the last that an earlier console kept."""
        for name, reading in tuple(self._newest.items()):
            if name in self._remembered or reading.value is None or reading.taken is None:
                continue
            self._remembered.add(name)
            earlier = await self._earlier(name, reading.taken)
            if earlier is None:
                continue
            ago = units.age(earlier.taken, reading.taken)
            self._changes += tuple(
                msgspec.structs.replace(change, what=f"{change.what}, within the last {ago}")
                for change in failover_changes(earlier.facts, reading.value, reading.taken)
            )
            self._had_primary |= primaries({name: earlier.facts})

    async def _earlier(self, name: str, until: datetime) -> ServerCounters | None:
        if self._store is None:
            return None
        before = until - timedelta(seconds=30)
        kept = await self._store.samples(COUNTERS, name, until - timedelta(hours=1), until=before)
        if not kept:
            oldest = until - timedelta(seconds=KEEP_S)
            kept = await self._store.samples(COUNTERS, name, oldest, until=before, every_s=1800.0)
        try:
            return msgspec.msgpack.decode(kept[-1][1], type=ServerCounters) if kept else None
        except (msgspec.ValidationError, msgspec.DecodeError):
            return None
