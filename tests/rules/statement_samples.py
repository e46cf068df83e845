"""Samples of statement counters for tests."""

from datetime import UTC, datetime, timedelta

from opsconsole.model.statements import StatementCounters, StatementsSample

START = datetime(2025, 3, 27, 2, 0, tzinfo=UTC)


def counters(
    query: int, calls: int, total_ms: float = 0.0, rows: int = 0, since: datetime | None = None
) -> StatementCounters:
    return StatementCounters(10, 5, query, True, calls, total_ms, rows, 0, 0, 0, 0, since)


def sample(
    seconds: float,
    *entries: StatementCounters,
    started: datetime = START - timedelta(days=9),
    reset: datetime | None = START - timedelta(days=15),
    evicted: int | None = 0,
) -> StatementsSample:
    return StatementsSample("main", START + timedelta(seconds=seconds), entries, reset, evicted, started)
