"""What had metrics within the last day and has none now: asked of Prometheus, told to the judge."""

import math
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from ..model.collection import Collection as Rows
from ..model.collection import Delta
from ..model.finding import Change, Finding
from ..model.metrics import Answer
from ..model.quiet import Ended, Quiet
from ..model.reading import ProblemKind, Reading, State
from ..rules.quiet import ended, quiet_findings
from ..sources.errors import SourceError
from .feed import Polled
from .prometheus import Desk
from .topics import QUIET, WORKLOADS, Topic

EVERY_S = 15.0
BEFORE_EVERY_S = 300.0
"""What there was an hour and a day ago changes slowly."""
KINDS = (("quiet.jobs", "scrapes"), ("quiet.services", "request metrics"))
SPANS = ((2 * 3600.0, 15.0), (26 * 3600.0, 300.0))
"""How far back the last sample is looked for, and how finely: near first."""


class QuietReader:
    """Two small queries each turn; when something is missing, once more for the time of its last sample."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._before: dict[str, frozenset[str]] = {}
        self._before_at = -math.inf
        self._since: dict[tuple[str, str], datetime | None] = {}
        """When each that is missing had its last sample."""

    async def read(self) -> tuple[Quiet, str]:
        catalogue = await self._desk.catalogue()
        queries = {kind: catalogue.query(kind) for kind, _ in KINDS}
        now = dict(zip(queries, await self._desk.several(queries.values()), strict=True))
        if time.monotonic() - self._before_at >= BEFORE_EVERY_S:
            asked = await self._desk.several(catalogue.query(f"{kind}.before") for kind in queries)
            for kind, (answer, _) in zip(queries, asked, strict=True):
                if answer is not None or kind not in self._before:  # one that is refused takes back nothing
                    self._before[kind] = _names(answer)
            self._before_at = time.monotonic()
        found: list[Ended] = []
        others: set[str] = set()
        for kind, words in KINDS:
            answer, _ = now[kind]
            if answer is None:  # refused: nobody knows what there is
                continue
            there = _names(answer)
            # what comes within the hour and goes again had metrics, too
            self._before[kind] = self._before[kind] | there
            others |= there
            gone = ended(there, self._before[kind])
            if new := {name for name in gone if (kind, name) not in self._since}:
                since = await self._last(queries[kind], new)
                self._since.update({(kind, name): since.get(name) for name in new})
            found += [Ended(name, words, self._since[kind, name]) for name in gone]
        self._since = {key: since for key, since in self._since.items() if any(one.name == key[1] for one in found)}
        return Quiet(tuple(found), len(others)), "\n".join(queries.values())

    async def _last(self, query: str, wanted: Collection[str]) -> dict[str, datetime]:
        """The time of the last sample of these names, as far as the server tells it: one answer holds all of them."""
        found: dict[str, float] = {}
        for span_s, step_s in SPANS:
            end = math.floor(time.time() / step_s) * step_s
            try:
                answer = await self._desk.source.query_range(query, end - span_s, end, step_s)
            except SourceError as error:
                if error.problem.kind is not ProblemKind.REFUSED:
                    raise
                continue  # that they ended is known all the same
            for series in answer.series:
                times = [at for at, value in zip(series.times, series.values, strict=True) if value is not None]
                for name in (value for _, value in series.labels if value in wanted and times):
                    found[name] = max(found.get(name, 0.0), times[-1])
            if len(found) == len(wanted):
                break
        return {name: datetime.fromtimestamp(at, UTC) for name, at in found.items()}


def _names(answer: Answer | None) -> frozenset[str]:
    return frozenset(value for sample in (answer.samples if answer else ()) for _, value in sample.labels)


def quiet_feed(desk: Desk) -> Polled[Quiet]:
    return Polled("quiet", QUIET, EVERY_S, QuietReader(desk).read)


class QuietWatch:
    """A watcher of the judge (see judge.Watcher); a Prometheus that does not answer is blind as a whole, not quiet."""

    topics: Sequence[Topic[Any]] = (QUIET, WORKLOADS)

    def __init__(self) -> None:
        self._quiet: Quiet | None = None
        self._workloads: Reading[Any] = Reading()

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        if topic == QUIET:
            self._quiet = reading.value
        else:
            self._workloads = reading

    async def findings(self, now: datetime) -> Iterable[Finding]:
        if self._quiet is None:
            return ()
        value = self._workloads.value if self._workloads.state is State.OK else None
        rows = value.rows.values() if isinstance(value, Rows) else ()
        return quiet_findings(self._quiet.ended, rows, self._quiet.others, now)

    def changes(self, now: datetime) -> Iterable[Change]:
        return ()

    def place(self, finding: Finding) -> Finding:
        return finding
