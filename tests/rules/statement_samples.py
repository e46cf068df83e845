"""Samples of statement counters for tests."""

from datetime import UTC, datetime, timedelta

from opsconsole.model.statements import Counts, StatementCounters, StatementsSample, Tracked, packed

START = datetime(2025, 3, 27, 2, 0, tzinfo=UTC)
NOTHING_TOLD = Tracked()


def counters(
    query: int, calls: float, total_ms: float = 0.0, rows: float = 0, since: datetime | None = None, **more: float
) -> StatementCounters:
    counts = Counts(calls=calls, total_ms=total_ms, rows=rows)._replace(**more)
    return StatementCounters(10, 5, query, True, packed(counts), since)


def sample(
    seconds: float,
    *entries: StatementCounters,
    started: datetime = START - timedelta(days=9),
    reset: datetime | None = START - timedelta(days=15),
    evicted: int | None = 0,
    tracked: Tracked = NOTHING_TOLD,
    hidden: int = 0,
) -> StatementsSample:
    taken = START + timedelta(seconds=seconds)
    return StatementsSample("main", taken, entries, reset, evicted, started, tracked, hidden)
