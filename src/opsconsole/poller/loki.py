"""What the console reads of a Loki again and again: what it is, counts of all services, and what is new in some."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from ..config.settings import Loki as LokiSettings
from ..model.logs import Counted, LogOverview, LogStore, ServiceLog
from ..model.reading import ProblemKind
from ..rules import log_overview, log_streams
from ..rules.log_lines import level_of
from ..rules.log_overview import HOUR
from ..rules.log_patterns import Patterns, new_patterns
from ..sources.errors import SourceError
from ..sources.loki import Loki
from ..text import clock, units
from .board import Board
from .feed import Polled
from .log_news import LogNews
from .slices import Slices
from .topics import CHANGES, FINDINGS, LOG_STORE, LOGS, SERVICES, WORKLOADS
from .wanted_poll import WantedPoll
from .wishes import Wishes

EVERY_S = 30.0
FACTS_EVERY_S = 300.0
"""How streams are labelled changes seldom."""
LOOKED_BACK_S = 3600.0
MOST_LABELS = 5
"""Labels whose values are looked at to find the one that names services."""
LINES_EACH = 1_000
"""Read on either side of a breach where the server finds no patterns by itself."""
MOST_NEWS = 8
"""Services whose lines are looked through in one round: those with most errors."""
NEWS_S = 60.0
PATTERN_STEP_S = 30.0
FORGIVEN_S = 600.0
"""Patterns that reach back to so long after the hour's beginning are taken for whole."""
NEWS_AT_ONCE = 3
MOST_CONFIRMED = 5
SPANS_S = (3600.0, 900.0, 240.0)
"""How far back counts reach; less where the server takes too long for an hour."""
CLOCK_LIMIT_S = 5.0


class LogStoreDesk:
    """One Loki: how its streams are labelled, which is asked rarely, and what is made of it."""

    def __init__(self, source: Loki, settings: LokiSettings, board: Board, namespaces: Sequence[str] = ()) -> None:
        self.source = source
        self.settings = settings
        self.namespaces = tuple(namespaces)
        self.finds_patterns: bool | None = None
        """False where it has no page of patterns."""
        self._board = board
        self._store: LogStore | None = None
        self._asked = 0.0
        self._asking = asyncio.Lock()

    def selector(self, store: LogStore, service: str, namespace: str = "", *, pod: str = "") -> str:
        return log_streams.selector(store, self.settings.selector, service, namespace, pod=pod)

    def known(self) -> set[str]:
        """Names of services and workloads that other sources tell."""
        services, workloads = self._board.get(SERVICES).value, self._board.get(WORKLOADS).value
        names = {one.service for one in services.figures} if services is not None else set()
        return names | {one.name for one in workloads.rows.values()} if workloads is not None else names

    async def store(self) -> LogStore:
        """What it is; from memory for some minutes. Raises SourceError."""
        async with self._asking:
            kept_s = FACTS_EVERY_S if self._store is not None and self._store.service else EVERY_S
            if self._store is None or time.monotonic() - self._asked > kept_s:
                self._store = await self._look()
                self._asked = time.monotonic()
            return self._store

    async def heartbeat(self) -> tuple[LogStore, str]:
        """Whether it answers, with the cheapest question; how it is labelled is asked rarely."""
        store = await self.store()
        version, _, difference = await self.version()
        return msgspec.structs.replace(store, version=version, clock_difference_s=difference), "GET /loki/api/v1/labels"

    async def version(self) -> tuple[str, float, float | None]:
        """Its version, the round trip in seconds, its clock less ours."""
        try:
            return await self.source.version()
        except SourceError as error:
            if error.status not in (404, 405):
                raise
        # a gateway may not let that page through: the labels tell as well whether it lives
        now = time.time()
        await self.source.labels(now - 60, now)
        return "", 0.0, None

    async def _look(self) -> LogStore:
        now = time.time()
        version, _, difference = await self.version()
        labels = await self.source.labels(now - LOOKED_BACK_S, now)
        names = log_streams.candidates(labels)[:MOST_LABELS]
        found = await asyncio.gather(*(self.source.values(name, now - LOOKED_BACK_S, now) for name in names))
        service = self.settings.service_label or log_streams.service_label(
            dict(zip(names, found, strict=True)), self.known()
        )
        return LogStore(
            version, labels, service, log_streams.first_of(log_streams.NAMESPACES, labels),
            self.settings.level_label or log_streams.level_label(version, labels), difference,
        )  # fmt: skip

    # ---- what is new ------------------------------------------------------------------------------------------------

    async def news(self, service: str, namespace: str, since: datetime, *, pod: str = "") -> LogNews:
        """Errors and warnings that came since then, and not in the hour before; what fails is said in it."""
        try:
            store = await self.store()
            streams = self.selector(store, service, namespace, pod=pod)
            if not streams:
                return LogNews(since, problem="no label of this Loki names services: set `selector` in its settings")
            return await self._stored_news(streams, since) or await self._read_news(store, streams, since)
        except SourceError as error:
            return LogNews(since, problem=error.problem.sentence)

    async def _stored_news(self, streams: str, since: datetime) -> LogNews | None:
        """By the patterns that it finds by itself; None where it finds none."""
        if self.finds_patterns is False:
            return None
        start, now = (since - HOUR).timestamp(), time.time()
        found = await self.source.patterns(streams, start, now, PATTERN_STEP_S)
        if found is None:
            self.finds_patterns = False
        if not found:
            return None
        new, before, after = log_streams.stored_news(found, since.timestamp(), PATTERN_STEP_S)
        if not before:
            return None
        reaches = min(at for one in found for at, _ in one.samples[:1])
        if reaches > start + FORGIVEN_S:
            # it forgets its patterns when it starts anew, and the lines stay
            new = await self._confirmed(streams, new, since)
        return LogNews(since, new, before, after, rests="the patterns that Loki finds by itself", span=HOUR)

    async def _read_news(self, store: LogStore, streams: str, since: datetime) -> LogNews:
        """By lines read on both sides; what was perhaps only not read before is counted by the server."""
        wrong = log_streams.only_wrong(streams, store)
        sides = ((since, clock.now() + timedelta(seconds=60)), (since - HOUR, since))
        after, before = await asyncio.gather(*(self._patterns(wrong, start, end) for start, end in sides))
        new = new_patterns(before, after)
        if before.lines >= LINES_EACH:
            new = await self._confirmed(streams, new, since)
        whole = before.lines < LINES_EACH and after.lines < LINES_EACH
        rests = "errors and warnings" if whole else f"the newest {LINES_EACH:,} errors and warnings on each side"
        return LogNews(since, new, before.lines, after.lines, rests=rests, span=HOUR, only_wrong=True)

    async def _patterns(self, query: str, start: datetime, end: datetime) -> Patterns:
        found, slices = Patterns(), Slices()
        span = (round(start.timestamp() * 1e9), round(end.timestamp() * 1e9))
        for stream in await self.source.lines(query, *span, LINES_EACH):
            for _, text in stream.lines:
                found.add(text.decode("utf-8", "replace"), level_of(text))
                if slices.over:
                    await slices.rest()
        return found

    async def _confirmed(self, streams: str, new: Sequence[Counted], since: datetime) -> tuple[Counted, ...]:
        """Without those that the server finds in the hour before after all; only so many are looked at."""
        kept = []
        for one in new[:MOST_CONFIRMED]:
            query = log_streams.containing(streams, one.pattern, HOUR.total_seconds())
            if not query or not await self.source.count(query, since.timestamp()):
                kept.append(one)
        return tuple(kept)


class OverviewReader:
    """All services at once: counts by one query of which only the newest slices are asked again."""

    def __init__(self, desk: LogStoreDesk, board: Board) -> None:
        self._desk = desk
        self._board = board
        self._counts: dict[log_overview.Cell, dict[float, float]] = {}
        self._known_from = 0.0
        self._known_to = 0.0
        self._reach = 0
        """Place in SPANS_S."""
        self._by: tuple[str, str, str] = ("", "", "")
        self._news: dict[tuple[str, str, datetime | None], tuple[float, LogNews]] = {}

    async def read(self) -> tuple[LogOverview, str]:
        desk = self._desk
        store = await desk.store()
        if not store.service:
            raise SourceError(
                ProblemKind.MISCONFIGURED, "no label of this Loki names services",
                'set service_label = "…" in its settings; labels there are: ' + ", ".join(store.labels[:12]),
            )  # fmt: skip
        query = await self._count(store)
        ends = log_overview.axis(time.time())
        found = log_overview.rows(self._counts, ends, log_overview.SLICE_S, known_from=self._known_from)
        rows = await self._with_news([one for one in found if one.service])
        return LogOverview(tuple(rows), f"Loki {store.version}".strip(), tuple(self._remarks(store))), query

    async def _count(self, store: LogStore) -> str:
        """Ask for the slices that are not known yet, and again for the last one: lines come late."""
        by = (store.service, store.namespace, store.level)
        if by != self._by:
            self._counts, self._known_to, self._by = {}, 0.0, by
        slice_s = log_overview.SLICE_S
        ends = log_overview.axis(time.time(), SPANS_S[self._reach])
        first = max(ends[0], self._known_to) if self._known_to else ends[0]
        streams = log_streams.everything(store, self._desk.namespaces)
        try:
            if store.level:
                query = log_streams.counting(streams, store, slice_s)
                await self._take(store, query, first, ends[-1])
            else:
                query = await self._count_by_words(store, streams, first, ends[-1])
        except SourceError as error:
            if error.problem.kind in (ProblemKind.TIMEOUT, ProblemKind.REFUSED) and not self._known_to:
                self._reach = min(self._reach + 1, len(SPANS_S) - 1)
            raise
        if not self._known_to:
            self._known_from = ends[0]
        self._known_to = ends[-1]
        oldest = log_overview.axis(time.time())[0]
        for slices in self._counts.values():
            for end in [end for end in slices if end < oldest]:
                del slices[end]
        # jobs come and go under names of their own: what wrote nothing within the hour is forgotten
        self._counts = {cell: slices for cell, slices in self._counts.items() if slices}
        return query

    async def _count_by_words(self, store: LogStore, streams: str, first: float, last: float) -> str:
        """Where nothing names levels: lines that say error, those that say error or warning, and all."""
        slice_s, level = log_overview.SLICE_S, log_streams
        errors = level.counting_words(streams, store, slice_s, errors=True)
        wrong = level.counting_words(streams, store, slice_s, errors=False)
        every = level.counting(streams, store, slice_s)
        await self._take(store, errors, first, last, only="error")
        await self._take(store, wrong, first, last, only="warning", less="error")
        await self._take(store, every, first, last, only="", less="both")
        return "\n".join((errors, wrong, every))

    async def _take(
        self, store: LogStore, query: str, first: float, last: float, *, only: str | None = None, less: str = ""
    ) -> None:
        for series in await self._desk.source.counts(query, first, last, log_overview.SLICE_S):
            labels = dict(series.labels)
            place = (labels.get(store.service, ""), labels.get(store.namespace, "") if store.namespace else "")
            word = labels.get(store.level, "") if only is None else only
            slices = self._counts.setdefault((*place, log_overview.level_of_label(word)), {})
            for end in [end for end in slices if first <= end <= last]:
                del slices[end]
            taken = [name for name in ("error", "warning") if less in (name, "both")]
            for at, value in zip(series.times, series.values, strict=True):
                known = sum(
                    self._counts.get((*place, log_overview.level_of_label(name)), {}).get(at, 0.0) for name in taken
                )
                slices[at] = max(0.0, (value or 0.0) - known)

    async def _with_news(self, rows: list[ServiceLog]) -> list[ServiceLog]:
        """What is new, of those with most errors and of those that something fires on."""
        findings, changes = self._board.get(FINDINGS).value or (), self._board.get(CHANGES).value or ()
        now, at_once = clock.now(), asyncio.Semaphore(NEWS_AT_ONCE)

        async def dressed(row: ServiceLog, *, read: bool) -> ServiceLog:
            since, breach = log_overview.breach_of(row.service, findings, changes, now)
            row = msgspec.structs.replace(row, since=since, breach=breach)
            if not read:
                return row
            key = (row.service, row.namespace, since if breach else None)
            at, news = self._news.get(key, (0.0, None))
            if news is None or time.monotonic() - at > NEWS_S:
                async with at_once:
                    news = await self._desk.news(row.service, row.namespace, since)
                self._news[key] = (time.monotonic(), news)
            return msgspec.structs.replace(
                row, since=news.since, new=news.patterns, before=news.before, read=news.rests, problem=news.problem
            )

        told = {one.service for one in rows if any(log_overview.speaks_of_service(f, one.service) for f in findings)}
        wrong = [one for one in rows if one.service in told or any(one.errors) or any(one.warnings)][:MOST_NEWS]
        looked = {(one.service, one.namespace) for one in wrong}
        found = await asyncio.gather(*(dressed(one, read=(one.service, one.namespace) in looked) for one in rows))
        self._news = {key: kept for key, kept in self._news.items() if time.monotonic() - kept[0] < 10 * NEWS_S}
        return list(found)

    def _remarks(self, store: LogStore) -> list[str]:
        found = []
        if self._reach:
            found.append(f"only the last {units.span(SPANS_S[self._reach])} are counted: an hour takes Loki too long")
        if store.clock_difference_s is not None and abs(store.clock_difference_s) > CLOCK_LIMIT_S:
            ahead = "ahead" if store.clock_difference_s > 0 else "behind"
            found.append(f"Loki's clock is {units.span(abs(store.clock_difference_s))} {ahead}")
        if not store.level:
            found.append("levels by the words of the lines: this Loki knows none")
        return found


def loki_feeds(desk: LogStoreDesk, board: Board, wishes: Wishes) -> tuple[Polled[LogStore], WantedPoll[LogOverview]]:
    """Whether it answers, always; the services' logs, while somebody looks at them."""
    return (
        Polled("loki", LOG_STORE, EVERY_S, desk.heartbeat),
        WantedPoll("loki overview", LOGS, EVERY_S, OverviewReader(desk, board).read, wishes),
    )
