"""The feed of a server's connections: who holds them every ten seconds, and from the samples where that leads."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ..model.collection import Delta
from ..model.finding import Change, Finding
from ..model.pools import ConnectionGrowth, Connections, ConnectionsSample
from ..model.reading import Reading, State
from ..rules.connection_trend import trend
from ..rules.connection_words import with_outlook
from ..rules.measures import SUBJECTS
from ..sources.postgres.connections import ConnectionReader
from ..sources.postgres.server import PostgresServer
from ..text import clock, units
from .feed import Polled
from .postgres import server_topic
from .samples import KEEP_S, SAVE_EVERY_S, Samples
from .topics import PG_CONNECTIONS, Topic

EVERY_S = 10.0
KIND = "pg.connections"
NEAR = timedelta(minutes=15)
MOST_APPLICATIONS = 50
"""Kept by name in a sample: some programs write their process id into theirs."""
COURSE_POINTS = 60
WORD = SUBJECTS["pg.connections"].word
"""By which a finding is known to speak of connections, whatever the rule is called."""


def connection_feeds(servers: Iterable[PostgresServer], store: Samples | None = None) -> tuple[Polled[Any], ...]:
    """A feed for each server; the first one has the plain topic, others add their name."""
    return tuple(
        _feed(ConnectionsDesk(server, store), server_topic(PG_CONNECTIONS, server.name if number else ""))
        for number, server in enumerate(servers)
    )


def _feed(desk: "ConnectionsDesk", topic: Topic[Connections]) -> Polled[Connections]:
    return Polled(topic.name, topic, EVERY_S, desk.read)


class ConnectionsDesk:
    """One server's readings with what was seen before them."""

    def __init__(self, server: PostgresServer, store: Samples | None = None) -> None:
        self._server = server
        self._reader = ConnectionReader(server)
        self._store = store
        self._recent: deque[ConnectionsSample] = deque()
        """Of the last quarter of an hour, every one."""
        self._minutes: deque[tuple[datetime, datetime | None, int]] = deque()
        """(taken, start of the server, used) of 48 hours, one a minute and the newest."""
        self._loaded = False
        self._saved: float | None = None

    async def read(self) -> tuple[Connections, str]:
        await self._load()
        now = await self._reader.read()
        who = await self._server.identity()
        sample = sample_of(now, clock.now(), who.started)
        self._mark(sample)
        await self._keep(sample)
        return self._told(now, sample), f"{self._server.name}: pg_stat_activity, by application, user, client and state"

    def _told(self, now: Connections, sample: ConnectionsSample) -> Connections:
        # What a server held before it was restarted says nothing of where it goes now.
        recent = [one for one in self._recent if one.started == sample.started]
        near = [(one.taken.timestamp(), float(one.used)) for one in recent]
        minutes = [(at.timestamp(), float(used)) for at, started, used in self._minutes if started == sample.started]
        most, most_at = max((used, at) for at, _, used in self._minutes)
        return msgspec.structs.replace(
            now,
            trend=trend(near, minutes, now.limit),
            growth=growth(recent),
            growth_s=(recent[-1].taken - recent[0].taken).total_seconds(),
            course=tuple(float(one.used) for one in spread(recent)),
            most=most,
            most_at=most_at,
            since=self._minutes[0][0],
        )

    def _mark(self, sample: ConnectionsSample) -> None:
        """What to say should the server let nobody in, and whether our own session must be kept by all means."""
        connection = self._server.connection
        seen = units.when(sample.taken, clock.now())
        connection.last_seen = f"{sample.used} of {sample.limit} in use when last seen {seen}"
        connection.precious = sample.used >= sample.limit

    async def _keep(self, sample: ConnectionsSample) -> None:
        self._recent.append(sample)
        while self._recent[0].taken < sample.taken - NEAR:
            self._recent.popleft()
        # The most of a minute stands for it: a peak between two stored samples counts, too.
        if self._minutes and sample.taken - self._minutes[-1][0] < timedelta(seconds=SAVE_EVERY_S):
            at, started, used = self._minutes[-1]
            if sample.used > used and started == sample.started:
                self._minutes[-1] = (at, started, sample.used)
        else:
            self._minutes.append((sample.taken, sample.started, sample.used))
        while self._minutes[0][0] < sample.taken - timedelta(seconds=KEEP_S):
            self._minutes.popleft()
        at_s = clock.boottime()
        if self._store is not None and (self._saved is None or at_s - self._saved >= SAVE_EVERY_S):
            self._saved = at_s
            await self._store.save_sample(KIND, self._server.name, sample.taken, msgspec.msgpack.encode(sample))

    async def _load(self) -> None:
        """What consoles before this one kept; also what is known of a server that lets nobody in."""
        if self._loaded:
            return
        self._loaded = True
        if self._store is None:
            return
        now, last = clock.now(), None
        for taken, payload in await self._store.samples(KIND, self._server.name, now - timedelta(seconds=KEEP_S)):
            try:
                kept = msgspec.msgpack.decode(payload, type=ConnectionsSample)
            except (msgspec.ValidationError, msgspec.DecodeError):
                continue
            self._minutes.append((taken, kept.started, kept.used))
            if taken >= now - NEAR:
                self._recent.append(kept)
            last = kept
        if last is not None:
            self._mark(last)


def sample_of(now: Connections, taken: datetime, started: datetime | None) -> ConnectionsSample:
    """The numbers of one reading by application; those of few connections, where there are very many, as one."""
    counts: Counter[str] = Counter()
    for group in now.groups:
        if group.kind != "walsender":
            counts[group.application] += group.count
    return ConnectionsSample(taken, started, now.limit, now.used, dict(counts.most_common(MOST_APPLICATIONS)))


def growth(samples: Sequence[ConnectionsSample]) -> tuple[ConnectionGrowth, ...]:
    """Of each application of the newest sample against the oldest, those that grew most first."""
    if not samples:
        return ()
    first, last, through = samples[0].applications, samples[-1].applications, spread(samples)
    found = [
        ConnectionGrowth(
            name, count - first.get(name, 0), tuple(float(one.applications.get(name, 0)) for one in through)
        )
        for name, count in last.items()
    ]
    return tuple(sorted(found, key=lambda one: -one.more))


def spread(samples: Sequence[ConnectionsSample]) -> list[ConnectionsSample]:
    """At most sixty of them, the newest among them."""
    step = max(1, len(samples) // COURSE_POINTS)
    return list(samples[::-1][::step][::-1])


class ConnectionsWatch:
    """A watcher of the judge (see judge.Watcher): a finding about connections also says when they run out."""

    def __init__(self, topics: Sequence[Topic[Connections]]) -> None:
        self.topics: Sequence[Topic[Any]] = tuple(topics)
        self._newest: dict[str, Connections] = {}

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        if reading.value is None:
            return
        if reading.state is State.OK:
            self._newest[reading.value.server] = reading.value
        else:
            # Where it led when it was last read says nothing of where it leads now.
            self._newest.pop(reading.value.server, None)

    async def findings(self, now: datetime) -> Iterable[Finding]:
        """None of its own: the policy's rule on pg.connections judges."""
        return ()

    def changes(self, now: datetime) -> Iterable[Change]:
        return ()

    def place(self, finding: Finding) -> Finding:
        seen = self._newest.get(finding.object)
        if seen is None or finding.rule == "blind" or WORD not in finding.what:
            return finding
        return with_outlook(finding, seen)
