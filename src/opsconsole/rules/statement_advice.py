"""What one does about a statement: index, cached result, batch, pages, a pool; each by a sign that the numbers show.

Only told, never done. Each sign is plain and may be wrong for a statement that means what it does: the numbers stand
beside it. An index is named by the plan alone (rules.plan_hints).
"""

import re

import msgspec

from ..model.statements import StatementRate
from ..text.sql_kind import bounded, reads
from ..text.units import number
from .n_plus_one import PerRequest

MANY_ROWS = 1000.0
"""Nobody looks at so many rows at once."""
OFTEN_S = 500.0
"""The same small read so many times a second is worth a cache."""
COSTLY_COUNT = 0.05
"""From this share of all time on a count or sum that is asked again and again is worth keeping."""
SETUPS_S = 20.0
"""Statements that only begin a session, so many a second: connections are opened for single requests."""
FROM_DISK = 0.9
"""Below this hit ratio a statement that brings few rows reads far more than it brings."""
_SETUP = re.compile(
    r"^(?:SET\b|SHOW\b|DISCARD\b|RESET\b|SELECT version\(\)|SELECT current_schema\(\)|SELECT pg_catalog\.set_config\b"
    r"|SELECT (?:\$1|\?)$)",
    re.IGNORECASE,
)
_SUMMED = re.compile(r"^SELECT (?:count|sum|avg|min|max)\s*\(", re.IGNORECASE)


class Advice(msgspec.Struct, frozen=True, gc=False):
    kind: str
    """batch, pages, cache, pool or index."""
    words: str

    @property
    def line(self) -> str:
        return f"one does: {self.words}"


def advice(row: StatementRate, per_request: PerRequest | None = None) -> Advice | None:
    """The first sign that shows; None where none does."""
    calls_s = row.calls_s or 0.0
    rows = row.rows_per_call
    text = row.text
    if per_request is not None and per_request.suspect:
        return Advice("batch", f"read them at once (= ANY($1), or a join): 1 query instead of {per_request.count}")
    if not text:
        return None
    if _SETUP.match(text) and calls_s >= SETUPS_S:
        return Advice("pool", f"pool connections: {number(calls_s)} session set-ups a second")
    if not reads(text):
        return None
    if rows is not None and rows > MANY_ROWS and not bounded(text):
        return Advice("pages", f"read it in pages: {number(rows)} rows per call, and no LIMIT")
    if rows is not None and rows <= 1 and _SUMMED.match(text) and row.share >= COSTLY_COUNT:
        return Advice("cache", f"keep the result for a while: one figure, computed {number(calls_s)} times a second")
    if rows is not None and rows <= 1.5 and calls_s >= OFTEN_S:
        return Advice("cache", f"cache the result or read several at once: {number(calls_s)} reads/s of 1 row")
    if (
        rows is not None
        and rows <= 10
        and row.hit_ratio is not None
        and row.hit_ratio < FROM_DISK
        and row.share >= 0.02
    ):
        return Advice("index", "look at its plan (e) for a missing index: few rows, and blocks from disk for them")
    return None
