"""What lines have in common once numbers, ids and quoted values are masked, and which patterns are new."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from ..model.finding import Change
from ..model.logs import Counted
from .findings import speaks_of
from .log_lines import columns

LONGEST = 300
"""Characters of a line that its pattern is made of."""
MOST = 5_000
"""Patterns that are told apart; a log without any would be one by line."""
SHORTLY = timedelta(minutes=15)
"""A release so long before a breach may be what led to it."""

_MASKS = (
    (re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"), "<id>"),
    (
        re.compile(
            r"\b\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
            r"|\b\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?|(?<=^[IWEF])\d{4} \d\d:\d\d:\d\d\.\d+"
        ),
        "<time>",
    ),
    # what an access log answered is the news: 502 is not masked like a size
    (re.compile(r"(?<=\" )([1-5])\d\d(?= )"), r"\1xx"),
    (re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'"), "<*>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<ip>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9]*[a-f])[0-9a-f]{6,}\b|\b0x[0-9a-fA-F]+\b|\b(?=\w*\d)\w{16,}\b"), "<id>"),
    (re.compile(r"(?<=[=:/-])(?=[\w-]*\d)[\w-]{8,}\b|(?<=-)(?=[a-z]*\d)[a-z0-9]{4,10}\b"), "<id>"),
    (re.compile(r"(?<![A-Za-z_<])[-+]?\d+(?:[.,]\d+)*(?!xx)"), "<N>"),
)


def pattern(text: str) -> str:
    """`slow checkout 812 ms order=99171` → `slow checkout <N> ms order=<N>`."""
    fields = columns(text) if text.startswith("{") else None
    if fields is not None:
        level, message, rest = fields
        text = f"{level} {message or rest}"
    text = text[:LONGEST]
    for mask, stands in _MASKS:
        text = mask.sub(stands, text)
    return " ".join(text.split())


class Patterns:
    """Counts the patterns of lines."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.levels: dict[str, int] = {}
        self.lines = 0

    def add(self, text: str, level: int) -> None:
        self.lines += 1
        key = pattern(text)
        if key in self.counts or len(self.counts) < MOST:
            self.counts[key] += 1
            self.levels[key] = max(level, self.levels.get(key, 0))


def new_patterns(before: Patterns, after: Patterns) -> tuple[Counted, ...]:
    """What came only after, worst level first, then the most frequent."""
    found = [Counted(key, count, after.levels[key]) for key, count in after.counts.items() if key not in before.counts]
    return tuple(sorted(found, key=lambda one: (-one.level, -one.count, one.pattern)))


def baseline(breach: datetime, changes: Iterable[Change], names: Collection[str]) -> datetime:
    """From when on a pattern is new: from the newest release of a workload shortly before the breach, else from that.

    What a bad release writes it writes from its first minute on; a limit is breached, or a pod unready, only later.
    """
    begun = (
        one.at
        for one in changes
        if one.kind in ("release", "rollout")
        and breach - SHORTLY <= one.at <= breach
        and any(speaks_of(one, name) for name in names)
    )
    return max(begun, default=breach)


def texts(patterns: Iterable[Counted]) -> list[str]:
    """`212x  slow checkout <N> ms order=<N>`, one a line."""
    return [f"{one.count:,}x  {one.pattern}" for one in patterns]


def filter_for(pattern: str) -> str:
    """A filter for the lines of a pattern: the words that stay the same."""
    literal = re.sub(r"<[^<>]*>", " ", pattern)
    return " ".join(re.findall(r"(?<!\S)[A-Za-z/][\w.:/]+[\w.:](?!\S)", literal)[:6])
