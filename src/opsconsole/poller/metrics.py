"""The feeds that read Prometheus: tiles, services, measures, what lies outside, and splits of the worst finding."""

import asyncio
import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from ..config.catalogue import PULSE, Catalogue, Figure, Measured
from ..config.server_measures import server_measures
from ..config.settings import Policy, Postgres
from ..model.metrics import (
    Answer,
    External,
    Measures,
    MeasureValue,
    ServiceFigures,
    Services,
    Split,
    Tile,
    Tiles,
    Within,
)
from ..model.reading import ProblemKind
from ..rules import measures as rules_measures
from ..rules import split as rules_split
from ..rules.histogram import unfolded, within
from ..rules.server_words import said_beside
from ..rules.services import Names, ServiceAnswers, services
from ..rules.tiles import limit_of, panel_limit, recent, rule_for
from ..sources.errors import SourceError
from .board import Board
from .feed import Polled
from .prometheus import Desk, single
from .topics import EXTERNAL, FINDINGS, MEASURES, SERVICES, SPLITS, TILES

EVERY_S = 15.0
TIMEOUT_S = 30.0
"""For all queries of one reading together; each single one keeps the source's own."""
WEEK_S = 7 * 86400.0
LAST_WEEK_EVERY_S = 60.0
"""What a week ago was like changes slowly: asked once a minute."""
RECENT_SPAN_S = 3600.0
RECENT_STEP_S = 120.0
ABSENT_AGAIN_S = 60.0
"""A tile of which there is no series is asked for again so often."""

Samples = tuple[tuple[float, float | None], ...]


def metrics_feeds(
    desk: Desk, policy: Policy, board: Board, *, live: Collection[str] = (), servers: Sequence[Postgres] = ()
) -> tuple[Polled[Any], ...]:
    """All polled metrics feeds. `live` names the sources that tell their own measures: services, postgres, redis."""
    return (
        Polled("tiles", TILES, EVERY_S, TilesReader(desk, policy).read, timeout_s=TIMEOUT_S, doubt=desk.clock_problem),
        Polled("services", SERVICES, EVERY_S, ServicesReader(desk).read, timeout_s=TIMEOUT_S),
        Polled("measures", MEASURES, EVERY_S, MeasuresReader(desk, policy, live, servers).read, timeout_s=TIMEOUT_S),
        Polled("external", EXTERNAL, 2 * EVERY_S, ExternalReader(desk).read, timeout_s=TIMEOUT_S),
        Polled("splits", SPLITS, EVERY_S, SplitsReader(desk, policy, board).read, timeout_s=TIMEOUT_S),
    )


class _Weekly:
    """Keeps the answers about last week for a minute."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[float, Answer | None]] = {}

    async def ask(self, desk: Desk, queries: Mapping[str, str], at: float | None = None) -> dict[str, Answer | None]:
        now = time.monotonic()
        due = [id for id in queries if id not in self._asked or now - self._asked[id][0] >= LAST_WEEK_EVERY_S]
        for id, (answer, _) in zip(due, await desk.several([queries[id] for id in due], at), strict=True):
            self._asked[id] = (now, answer)
        return {id: self._asked[id][1] for id in queries}


class ServicesReader:
    """Services and endpoints from five queries, whatever their number."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._weekly = _Weekly()

    async def read(self) -> tuple[Services, str]:
        catalogue = await self._desk.catalogue()
        requests = await self._desk.ask(catalogue.query("services.requests"))
        buckets = await self._desk.ask(catalogue.query("services.buckets"))
        versions, _ = await self._desk.ask_or_say(catalogue.query("services.versions"))
        ids = ("services.requests.last_week", "services.buckets.last_week")
        before = await self._weekly.ask(self._desk, {id: catalogue.query(id) for id in ids})
        answers = ServiceAnswers(requests, buckets, versions, before[ids[0]], before[ids[1]])
        found = await self._desk.work(services, answers, names(catalogue))
        beside = tuple(filter(None, [*found.warnings, self._desk.clock_note()]))
        return msgspec.structs.replace(found, warnings=beside), requests.query


class TilesReader:
    """Tiles and business pulse: the value now, an hour of its course (only the new tail is asked), its limit.

    A tile of which there never was a series is not shown; one that had a value and has none any more is unknown.
    """

    def __init__(self, desk: Desk, policy: Policy) -> None:
        self._desk = desk
        self._policy = policy
        self._weekly = _Weekly()
        self._recent: dict[str, dict[float, float | None]] = {}
        self._seen: dict[str, float] = {}
        """When a tile had its newest value (unix seconds)."""
        self._looked: dict[str, float] = {}
        """When a tile without a series was asked for (monotonic)."""

    async def read(self) -> tuple[Tiles, str]:
        catalogue = await self._desk.catalogue()
        tiles = {id: catalogue.tile(id) for id in catalogue.tile_ids if self._is_due(id, catalogue)}
        own = {f"pulse {title}": Figure(title, "count", text) for title, text in catalogue.pulse.items()}
        pulse = own or {id: catalogue.tile(id) for id in PULSE}
        figures = {**tiles, **pulse}
        answers = await self._each({id: figure.value for id, figure in figures.items()})
        now = time.time()
        await self._follow({id: figures[id] for id, (answer, _) in answers.items() if answer is not None}, now)
        shown = [id for id in tiles if self._is_shown(id, catalogue, answers[id], now)]
        figures = {id: figure for id, figure in figures.items() if id in shown or id in pulse}
        maxima = await self._each({id: figure.maximum for id, figure in figures.items() if figure.maximum})
        buckets = await self._each({id: figure.buckets for id, figure in figures.items() if figure.buckets})
        before = await self._weekly.ask(self._desk, {id: f.last_week for id, f in figures.items() if f.last_week})
        week_ago = await self._weekly.ask(self._desk, {id: f.value for id, f in own.items()}, now - WEEK_S)
        weekly = {**before, **week_ago}
        made = {}
        for id, figure in figures.items():
            value = single(answers[id][0])
            unit_s = 1.0 if id.startswith("external") else catalogue.flavour.unit_s
            made[id] = self._tile(
                id,
                figure,
                value,
                single(maxima[id][0]) if id in maxima else None,
                single(weekly.get(id)),
                within(value, buckets[id][0], unit_s) if id in buckets else None,
                now,
            )
        refused = [f"{figures[id].title}: {said}" for id, (_, said) in (answers | maxima).items() if said]
        gone = [f"{tile.title}: {tile.note}" for tile in made.values() if tile.note]
        asked = [answer for answer, _ in answers.values()]
        young = self._young(weekly.get("requests"), now)
        whole = Tiles(
            tuple(made[id] for id in shown),
            tuple(dict.fromkeys(filter(None, [*said_beside(asked), *refused, *gone, young]))),
            tuple(made[id] for id in pulse),
            any(answer.partial for answer in asked if answer is not None),
        )
        return whole, "\n".join(figure.value for figure in figures.values())

    async def _each(self, queries: Mapping[str, str]) -> dict[str, tuple[Answer | None, str]]:
        """The answer of each id; the same expression is asked once."""
        texts = list(dict.fromkeys(queries.values()))
        found = dict(zip(texts, await self._desk.several(texts), strict=True))
        return {id: found[text] for id, text in queries.items()}

    def _is_due(self, id: str, catalogue: Catalogue) -> bool:
        if id in catalogue.always or id in self._seen:
            return True
        waited_s = time.monotonic() - self._looked.get(id, -math.inf)
        return not catalogue.lacks(id) and waited_s >= ABSENT_AGAIN_S

    def _is_shown(self, id: str, catalogue: Catalogue, found: tuple[Answer | None, str], now: float) -> bool:
        answer, refused = found
        if answer is not None and answer.samples:
            self._seen[id] = now
        elif id not in self._seen:
            self._looked[id] = time.monotonic()
            had = [at for at, value in self._recent.get(id, {}).items() if value is not None]
            if had:
                self._seen[id] = max(had)
        return bool(refused) or id in catalogue.always or id in self._seen

    def _tile(
        self,
        id: str,
        figure: Figure,
        value: float | None,
        maximum: float | None,
        week: float | None,
        inside: Within | None,
        now: float,
    ) -> Tile:
        judged = rule_for(self._policy, figure.measure)
        course = recent(self._recent.get(id, {}), now, RECENT_SPAN_S, RECENT_STEP_S)
        gone = self._seen.get(id, now)
        return Tile(
            id,
            figure.title,
            value,
            figure.unit,
            maximum=maximum,
            last_week=week,
            limit=limit_of(judged[1], maximum) if judged else panel_limit(figure.warning, figure.critical),
            recent=course,
            query=figure.value,
            rule=judged[0] if judged else "",
            within=inside,
            note=f"no series since {_clock(gone)}" if value is None and gone < now else "",
            warning=figure.warning,
            critical=figure.critical,
            below=figure.below,
        )

    def _young(self, week_ago: Answer | None, now: float) -> str:
        """That the server holds no more than the newest part of the hour, and nothing of last week."""
        known = [at for at, value in self._recent.get("requests", {}).items() if value is not None]
        if not known or (week_ago is not None and week_ago.samples):
            return ""
        missing_s = min(known) - (now - RECENT_SPAN_S)
        if missing_s < 3 * RECENT_STEP_S:
            return ""
        return f"the history of {self._desk.source.name} begins at {_clock(min(known))}: earlier is unknown"

    async def _follow(self, figures: Mapping[str, Figure], now: float) -> None:
        """Ask for the steps that are not known yet: the whole hour at first, then one step every two minutes."""
        last = now // RECENT_STEP_S * RECENT_STEP_S
        oldest = last - RECENT_SPAN_S
        for id, figure in figures.items():
            known = self._recent.setdefault(id, {})
            start = max(known, default=oldest) + RECENT_STEP_S if known else oldest
            if start > last:
                continue
            try:
                answer = await self._desk.source.query_range(figure.value, start, last, RECENT_STEP_S)
            except SourceError as error:
                if error.problem.kind is not ProblemKind.REFUSED:
                    raise
                continue  # too much for a course: its value now is worth having
            known.update(dict.fromkeys(_steps(start, last, RECENT_STEP_S)))
            if answer.series:
                known.update(zip(answer.series[0].times, answer.series[0].values, strict=True))
            for at in [at for at in known if at < oldest]:
                del known[at]


class MeasuresReader:
    """What the policy's rules judge and only Prometheus tells; and the history of all it can tell."""

    def __init__(self, desk: Desk, policy: Policy, live: Collection[str], servers: Sequence[Postgres] = ()) -> None:
        """`servers` are the databases whose settings name queries of their own."""
        self._desk = desk
        self._of_servers = server_measures(servers)
        self._live = frozenset(live)
        self._wanted = {rule.measure for rule in policy.rules.values()}

    async def read(self) -> tuple[Measures, str]:
        catalogue = await self._desk.catalogue()
        asked = {
            id: measure
            for id, measure in catalogue.measures().items()
            if id in self._wanted and measure.live not in self._live
        } | self._of_servers
        now = time.time()
        numerators = await self._desk.several(measure.value for measure in asked.values())
        shares = [measure for measure in asked.values() if measure.of]
        divisors = iter(await self._desk.several(measure.of for measure in shares))
        values: list[MeasureValue] = []
        failed: list[tuple[str, str]] = []
        for (id, measure), (number, said) in zip(asked.items(), numerators, strict=True):
            of, said_of = next(divisors) if measure.of else (None, "")
            if number is None or (measure.of and of is None):
                failed.append((id, said or said_of))
                continue
            found = await self._desk.work(rules_measures.by_object, number, of, measure.objects, measure.group)
            values.extend(MeasureValue(id, name, value) for name, value in sorted(found.items()))
        return Measures(now, tuple(values), tuple(failed)), "\n".join(measure.value for measure in asked.values())

    async def history(self, span_s: Mapping[str, float]) -> dict[str, dict[str, Samples]]:
        """Samples of each measure (id → seconds of history) per object, every 15 s, oldest first."""
        catalogue = await self._desk.catalogue()
        step_s = rules_measures.HISTORY_STEP_S
        end = math.floor(time.time() / step_s) * step_s
        wanted = {id: one for id, one in {**catalogue.measures(), **self._of_servers}.items() if id in span_s}
        ask = self._desk.source.query_range

        async def past(id: str, measure: Measured) -> dict[str, Samples] | None:
            start = end - math.ceil(span_s[id] / step_s) * step_s
            try:
                number = await ask(measure.value, start, end, step_s)
                of = await ask(measure.of, start, end, step_s) if measure.of else None
            except SourceError as error:
                if error.problem.kind is ProblemKind.REFUSED:
                    return None  # its reading says so too; the others' history is worth having
                raise
            least = rules_measures.least_rate(id)
            shape = (measure.objects, measure.group, least)
            return await self._desk.work(rules_measures.series_by_object, number, of, *shape)

        # as many at a time as the source has threads
        answers = await asyncio.gather(*(past(id, measure) for id, measure in wanted.items()), return_exceptions=True)
        found: dict[str, dict[str, Samples]] = {}
        for id, answer in zip(wanted, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            if answer is not None:
                found[id] = answer
        return found


class ExternalReader:
    """Rate, errors and P95 of what the services call outside, by target."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._weekly = _Weekly()

    async def read(self) -> tuple[tuple[External, ...], str]:
        catalogue = await self._desk.catalogue()
        if "external" in catalogue.flavour.absent:
            return (), ""
        requests = await self._desk.ask(catalogue.query("external.requests"))
        buckets = await self._desk.ask(catalogue.query("external.buckets"))
        week = "external.buckets.last_week"
        before = (await self._weekly.ask(self._desk, {week: catalogue.query(week)}))[week]
        label = catalogue.label
        known = Names(service=label("external_target"), endpoint="", status=label("external_status"))
        table = services(ServiceAnswers(requests, buckets, buckets_last_week=before), known)
        return tuple(_station(row) for row in table.figures if not row.endpoint), requests.query


class SplitsReader:
    """For the worst finding about requests: which label value carries the slow or failed ones; else it asks nothing."""

    def __init__(self, desk: Desk, policy: Policy, board: Board) -> None:
        self._desk = desk
        self._policy = policy
        self._board = board

    async def read(self) -> tuple[tuple[Split, ...], str]:
        for finding in self._board.get(FINDINGS).value or ():
            rule = self._policy.rules.get(finding.rule)
            if rule is not None and rule.measure in _ABOUT_REQUESTS:
                limit_s = None if rule.measure == "requests.errors" else rule.limit
                return await self._of(finding.object.strip(), limit_s)
        return (), ""

    async def _of(self, service: str, limit_s: float | None) -> tuple[tuple[Split, ...], str]:
        catalogue = await self._desk.catalogue()
        limit = None if limit_s is None else limit_s / catalogue.flavour.unit_s
        select = catalogue.selection(service)
        id = "split.requests" if limit_s is None else "split.buckets"
        labels = {name: catalogue.label(name) for name in catalogue.splits.labels}
        queries = [catalogue.query(id, label=label, **select) for label in labels.values()]
        found: list[Split] = []
        for (name, label), (answer, _) in zip(labels.items(), await self._desk.several(queries), strict=True):
            if answer is None:
                continue
            status = catalogue.label("status")
            shares = rules_split.failed(answer, label, status) if limit_s is None else None
            bad, traffic = shares or rules_split.slow(unfolded(answer), label, limit or 0.0)
            if (split := rules_split.split(name, bad, traffic)) is not None:
                found.append(split)
        plans, _ = await self._desk.ask_or_say(catalogue.query("split.plans"))
        if plans is not None and plans.samples:
            bad, traffic = rules_split.failed(plans, "plan", "outcome", catalogue.splits.bad_outcomes)
            found.extend(split for split in (rules_split.split("plan", bad, traffic),) if split)
        return tuple(found), queries[0]


_ABOUT_REQUESTS = frozenset(("requests.p99", "requests.p95", "requests.errors"))


def names(catalogue: Catalogue) -> Names:
    """The label names of the catalogue's flavour."""
    label: Callable[[str], str] = catalogue.label
    return Names(
        label("service"), label("endpoint"), label("status"), label("version"), unit_s=catalogue.flavour.unit_s
    )


def _station(row: ServiceFigures) -> External:
    return External(row.service, row.requests_s, row.server_errors, row.p95_s, row.p95_last_week_s)


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M}Z"


def _steps(start: float, end: float, step_s: float) -> list[float]:
    return [start + index * step_s for index in range(int((end - start) // step_s) + 1)]
