"""Which patterns a workload's logs hold since a moment and did not hold before: read once, bounded, when asked."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ..model.kubernetes import Container, Pod
from ..model.logs import Counted, LogSource, stamp_of
from ..rules.log_lines import level_of
from ..rules.log_patterns import Patterns, new_patterns
from ..rules.log_sources import has_log, ranked
from ..sources.errors import SourceError
from .slices import Slices

if TYPE_CHECKING:
    from ..sources.kubernetes.cluster import Cluster
    from ..sources.kubernetes.log_stream import Raw

BEFORE = timedelta(minutes=15)
"""What came so long before the moment is no news."""
MOST_CONTAINERS = 5
LINES_EACH = 3_000
LOOKED_AT = 1_024
"""Bytes of a line that is no JSON: a pattern is made of fewer."""


class LogNews(msgspec.Struct, frozen=True, gc=False):
    """What is new, and how much of the logs that rests on."""

    since: datetime
    """Everything since then is new where nothing from before it is there."""
    patterns: tuple[Counted, ...] = ()
    before: int = 0
    """Lines compared with."""
    after: int = 0
    read: int = 0
    """Containers read, of `containers`."""
    containers: int = 0
    problem: str = ""
    span: timedelta = BEFORE
    """How long before `since` lines are compared with."""
    rests: str = ""
    """What was read, in words, where it is not containers."""
    only_wrong: bool = False
    """Only errors and warnings were looked at: none from before says that nothing was wrong."""


Heard = Callable[[bytes, int], None]
"""(time, level) of each line that was read."""


async def log_news(
    cluster: "Cluster", pods: Sequence[Pod], since: datetime, *, most: int = MOST_CONTAINERS, lines: int = LINES_EACH,
    span: timedelta = BEFORE, heard: Heard | None = None,
) -> LogNews:  # fmt: skip
    """Read so many lines after `since` and just before it: of the containers that tell most, and of those that were
    there before."""
    there = [one for one in ranked(pods) if (not one[1].init or one[1].sidecar) and has_log(one[1])]
    old = [one for one in there if one[0].created is None or one[0].created < since]
    chosen = {(pod.uid, c.name): (pod, c) for pod, c in (*there[:most], *old[:most])}
    before, after = Patterns(), Patterns()
    readers = [
        _Reader(cluster, pod, container, since, before, after, lines, span, heard) for pod, container in chosen.values()
    ]
    problems = [problem for problem in await asyncio.gather(*(reader.read() for reader in readers)) if problem]
    return LogNews(
        since, new_patterns(before, after),
        before.lines, after.lines, len(readers) - len(problems), len(there), problems[0] if problems else "", span,
    )  # fmt: skip


class _Reader:
    """One container's lines on both sides of the moment."""

    def __init__(
        self, cluster: "Cluster", pod: Pod, container: Container, since: datetime, before: Patterns, after: Patterns,
        most: int, span: timedelta, heard: Heard | None,
    ) -> None:  # fmt: skip
        self._cluster = cluster
        self._source = LogSource(0, pod.namespace, pod.name, pod.uid, container.name, pod.name)
        self._since = since
        self._moment = stamp_of(since)
        self._before, self._after = before, after
        self._most = most
        self._span = span
        self._heard = heard
        self._raws: list[Raw] = []
        self._past = False

    async def read(self) -> str:
        """A sentence where it failed."""
        from ..sources.kubernetes.log_stream import read_log  # the Pods tab imports this module before the first paint

        try:
            await read_log(
                self._cluster, self._source, self._take_before, since=stamp_of(self._since - self._span),
                wanted=lambda: len(self._raws) < self._most and not self._past,
            )  # fmt: skip
            await self._count(self._before)
            await read_log(self._cluster, self._source, self._take_after, since=self._moment, tail=self._most)
            await self._count(self._after)
        except SourceError as error:
            return error.problem.sentence
        return ""

    def _take_before(self, raws: "list[Raw]") -> None:
        found = [(stamp, _short(text)) for stamp, text in raws if stamp < self._moment]
        self._past = len(found) < len(raws)
        self._raws += found

    def _take_after(self, raws: "list[Raw]") -> None:
        self._raws += ((stamp, _short(text)) for stamp, text in raws if not stamp or stamp >= self._moment)

    async def _count(self, patterns: Patterns) -> None:
        """Thirty microseconds a line: in slices."""
        raws, self._raws = self._raws, []
        slices = Slices()
        for stamp, text in raws:
            level = level_of(text)
            patterns.add(text.decode("utf-8", "replace"), level)
            if self._heard is not None:
                self._heard(stamp, level)
            if slices.over:
                await slices.rest()


def _short(text: bytes) -> bytes:
    return text if text.startswith(b"{") else text[:LOOKED_AT]
