"""Baselines learned from a simulated history, over the feeds' own reader: one note per shift, whoever looks."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest

from opsconsole.model.baseline import BaselineNote, Baselines
from opsconsole.model.finding import Change
from opsconsole.model.incident import Incident
from opsconsole.model.journal import JournalLine
from opsconsole.model.metrics import Answer, Sample, Series, ServiceFigures, Services
from opsconsole.model.reading import ProblemKind, Reading, State
from opsconsole.poller.baselines import BaselineReader
from opsconsole.poller.board import Board
from opsconsole.poller.deploy_comparisons import ComparisonsReader
from opsconsole.poller.topics import CHANGES, SERVICES
from opsconsole.records import baselines as records
from opsconsole.rules.baseline import normal, to_accept
from opsconsole.rules.baseline_findings import baseline_findings
from opsconsole.sources.errors import SourceError
from opsconsole.text import clock
from tests.poller.metrics_fakes import Scripted, desk

NOW = datetime(2026, 3, 26, 14, 20, 30, tzinfo=UTC)  # a Thursday
RELEASED = NOW - timedelta(minutes=40)


class Shop(Scripted):
    """A Prometheus of one service with one endpoint, whose P99 is 1.9 s after `slow_from` and 0.3 s before."""

    def __init__(self, days: int = 28, slow_from: datetime | None = None) -> None:
        super().__init__(self._at)
        self.begins = (NOW - timedelta(days=days)).timestamp()
        self.slow_from = slow_from.timestamp() if slow_from else float("inf")
        self.too_many = ""

    async def query(self, promql: str, at: float | None = None) -> Answer:
        bounds = ("0.25", "0.5", "1", "2.5", "+Inf") if promql.startswith("count by") else ()
        return Answer(promql, samples=tuple(Sample((("le", le),), 0.0, 1.0) for le in bounds))

    async def query_range(self, promql: str, start: float, end: float, step: float) -> Answer:
        self.queries.append(promql)
        if "endpoint" in promql:
            self._fail(promql)
        if self.too_many and self.too_many in promql:
            raise SourceError(ProblemKind.REFUSED, "too many samples", "narrow it")
        times = [start + n * step for n in range(int((end - start) // step) + 1)]
        times = [at for at in times if at >= self.begins]
        if not times:
            return Answer(promql)
        labels = [("service", "api")] if "service" in promql else []
        labels += [("endpoint", "/checkout")] if "endpoint" in promql else []
        return Answer(promql, series=(Series(tuple(labels), tuple(times), tuple(self._at(promql, t) for t in times)),))

    def _at(self, promql: str, at: float) -> float:
        if "histogram_quantile" in promql:
            quantile = float(re.findall(r"quantile\(([\d.]+)", promql)[0])
            return quantile * (1.9 if at > self.slow_from else 0.3) + 0.001 * (int(at / 300) % 5)
        return 0.002 if "5.." in promql else 40.0


class Kept:
    """The log of baselines in memory."""

    def __init__(self) -> None:
        self.notes: list[BaselineNote] = []
        self.lines: list[JournalLine | None] = []

    async def baseline_notes(self) -> tuple[BaselineNote, ...]:
        return tuple(self.notes)

    async def note_baseline(self, note: BaselineNote, line: JournalLine | None = None) -> None:
        self.notes.append(note)
        self.lines.append(line)


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", NOW.timestamp)
    monkeypatch.setattr(clock, "now", lambda: NOW)


async def looked(shop: Shop, log: Kept, incidents: tuple[Incident, ...] = ()) -> tuple[Baselines, BaselineReader]:
    reader = BaselineReader(desk(shop), log, lambda: incidents)
    while not reader.learned:
        await reader.learn()
    return await reader.judge(), reader


async def test_calm_days_are_normal_and_a_slow_release_is_one_shift_noted_once() -> None:
    log = Kept()
    calm, _ = await looked(Shop(), log)
    assert calm.shifts == ()
    assert log.notes == []
    assert normal(calm, "api", "", "p99").words == "normal 239–359 ms"
    assert normal(calm, "api", "/checkout", "requests").words == "normal 32–48"
    assert normal(calm, "", "", "p99").words == "normal 239–359 ms", "of the tile"

    shop = Shop(slow_from=RELEASED)
    found, reader = await looked(shop, log)
    (shift,) = found.shifts
    assert (shift.service, shift.endpoint, shift.most, shift.measure) == ("api", "", "/checkout", "p99")
    assert abs(shift.since - RELEASED) <= timedelta(minutes=5), "looked for before the newest windows"
    assert [(note.what, note.endpoint) for note in log.notes] == [("shifted", ""), ("shifted", "/checkout")]
    await reader.judge()
    again, _ = await looked(shop, log)  # another console
    assert (again.shifts[0].since, len(log.notes)) == (shift.since, 2)

    once = BaselineReader(desk(shop), log, lambda: ())  # as `check` looks
    asked = len(shop.queries)
    seen, _ = await once.recheck()
    assert (seen.shifts[0].since, len(shop.queries) - asked) == (shift.since, 10)
    mended, _ = await BaselineReader(desk(Shop()), log, lambda: ()).recheck()
    assert (mended.shifts, len(log.notes)) == ((), 2)

    (finding,) = baseline_findings(found, ())
    assert (finding.id, finding.object, finding.since) == ("baseline:api", "api ", shift.since)
    assert finding.what == "api P99 x6.3, shifted since 13:40: accept or mend"
    assert finding.limit == "normal 239–359 ms"
    assert re.fullmatch(r"1.9 s, most at /checkout \(z [\d.k]+, 5 of 5 windows of 5 min, n=78\)", finding.value)


async def test_an_acceptance_ends_the_shift_and_stands_in_the_journal_with_who_and_why() -> None:
    shop, log = Shop(slow_from=RELEASED), Kept()
    found, reader = await looked(shop, log)
    rows, since = to_accept(found, "api"), found.shifts[0].since
    assert [row.endpoint for row in rows] == ["", "/checkout"]
    with pytest.raises(ValueError, match="say why"):
        await records.accept(log, rows, since, " ")
    await records.accept(log, rows, since, "dearer by design, agreed with sales")
    after = await reader.judge()
    assert after.shifts == ()
    assert normal(after, "api", "", "p99").words == "normal 1.5–2.3 s"
    line = log.lines[-2]
    assert line is not None
    assert (line.verb, line.object) == ("baseline", "api")
    assert line.words.endswith("accepted as it is since 2026-03-26 13:40Z: dearer by design, agreed with sales")


async def test_too_little_history_is_said_and_a_refusal_too() -> None:
    shop = Shop(days=2)
    shop.too_many = "histogram_quantile(0.5,"
    found, _ = await looked(shop, Kept())
    assert normal(found, "api", "", "p99").words == "n too small: 5 of 8 hours", "of two days"
    assert "services p50: too many samples" in found.said
    asked = len(shop.queries)
    broken = Shop()
    broken.failing = SourceError(ProblemKind.TIMEOUT, "no answer", "wait")
    reader = BaselineReader(desk(broken), Kept(), lambda: ())
    with pytest.raises(SourceError):
        await reader.learn()
    broken.failing = None
    while not reader.learned:
        await reader.learn()
    once = (await reader.judge()).rows[1].figures[0].n
    whole, _ = await looked(shop := Shop(), Kept())
    assert whole.rows[1].figures[0].n == once, "a part that broke off counts once"
    assert (whole.said, whole.learning) == ((), "")
    assert len(shop.queries) < asked, "the hours around are only read where a history is short"


async def test_nothing_is_learned_of_an_open_incident() -> None:
    week = NOW - timedelta(days=7)
    incident = Incident("INC-7", "slow", 2, "investigating", "api", week, week)
    found, _ = await looked(Shop(slow_from=week), Kept(), (incident,))
    row = found.rows[1]
    assert (row.key, row.frozen) == ("api ", "frozen since 19 Mar 14:20: INC-7 is open")
    assert [shift.service for shift in found.shifts] == ["api"], "a week of it is not normal"


async def test_a_release_is_held_against_the_half_hour_before() -> None:
    board = Board()
    served = Services((ServiceFigures("api"),))
    board.publish(SERVICES, Reading(served, State.OK, NOW))
    changes: tuple[Change, ...] = (
        Change(RELEASED, "release", "release api 1.8.1→1.8.2", "deployer", "shop/api"),
        Change(RELEASED, "release", "release nobody-asks 2→3", "deployer", "shop/nobody-asks"),
    )
    board.publish(CHANGES, Reading(changes, State.OK, NOW))
    (found,), _ = await ComparisonsReader(desk(Shop(slow_from=RELEASED)), board).read()
    (finding,) = baseline_findings(None, (found,))
    assert finding.what == "api P99 x6.3 after, n=15+15: release api 1.8.1→1.8.2"
    assert "Mann–Whitney U=225 p<0.0001, CLES 1.00" in finding.value
    (calm,), _ = await ComparisonsReader(desk(Shop()), board).read()
    assert baseline_findings(None, (calm,)) == []
