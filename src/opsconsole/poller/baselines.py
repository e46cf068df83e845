"""Baselines from Prometheus' own history: one class of hours at a time, a few queries at a time, from 28 days back.

A part is a window of five minutes at one place of the hour, on each of the last days: one query of 28 points per
measure. The newest five windows are asked each minute. What people and consoles noted is in the store.
"""

import asyncio
import logging
import math
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from ..config.catalogue import PULSE, Catalogue, Figure
from ..model.baseline import Baseline, BaselineNote, Baselines, RowBaseline, Shift, Window
from ..model.incident import Incident
from ..model.journal import JournalLine
from ..model.metrics import Answer
from ..model.reading import ProblemKind
from ..rules import baseline as rules
from ..rules import regression
from ..rules.baseline import NEEDED_HOURS, UNITS, Interval, Key, Learned
from ..rules.baseline_classes import DAY_S, PARTS_S, classes, hour_of
from ..rules.regression import OF_WINDOWS, WINDOW_S
from ..rules.regression_drift import DRIFTING, drift
from ..sources.errors import SourceError
from ..text import clock
from .feed import Polled
from .packed_course import PackedCourse
from .prometheus import Desk
from .slices import Slices
from .topics import BASELINES

log = logging.getLogger(__name__)
DAYS = 28
EVERY_S = 60.0
LEARNS_EVERY_S = 2.0
"""Between two parts: what is read of the past has time, and the server has other work."""
BEGINS_S = 5.0
"""What is on the screen comes first."""
TIMEOUT_S = 180.0
"""For one part: a slow server may take seconds for each of its queries."""
LOOK_BACK_S = 6 * 3600.0
"""So far back the beginning of a shift is looked for."""
MOST_ROWS = 1000
"""The busiest ones; the others are said."""
MOST_RECHECKED = 12
"""Rows, for who looks once: those that shifted last."""
MOST_DATED = 6
"""Rows of which the beginning of a shift is looked for in one turn: where all shift at once the others wait."""
MEASURES = tuple(UNITS)
CONSOLE = "opsconsole"
TILES: Key = ("", "")

Pairs = Iterable[tuple[float, float | None]]
Samples = dict[Key, dict[str, PackedCourse]]


class BaselineStore(Protocol):
    """What it needs of the store; the calls raise SourceError."""

    async def baseline_notes(self) -> tuple[BaselineNote, ...]: ...

    async def note_baseline(self, note: BaselineNote, line: JournalLine | None = None) -> None: ...


class BaselineReader:
    """Learns and judges. `store` is None where nothing is to be noted; `incidents` tells those of the store."""

    def __init__(
        self, desk: Desk, store: BaselineStore | None, incidents: Callable[[], Sequence[Incident]], *, service: str = ""
    ) -> None:
        """`service`: only this one is looked at."""
        self._desk = desk
        self._service = service
        self._store = store
        self._incidents = incidents
        self._hour: int | None = None
        """Whose class is learned or known."""
        self._waiting: list[tuple[int, float]] = []
        """Parts that are not read yet: hours from the present one, place in the hour."""
        self._asked_parts = 0
        self._learning: Samples = {}
        self._read_part: Samples = {}
        """What was read and is not learned yet."""
        self._samples: Samples = {}
        """Of the class that is known; that of the hour before until the next one is read."""
        self._figures: dict[Key, RowBaseline] = {}
        self._drifts: dict[Key, Shift] = {}
        self._made_of: tuple[object, ...] = ()
        self._classed_at = 0.0
        self._bounds: tuple[float, ...] = ()
        self._units: dict[str, str] = {}
        self._notes: tuple[BaselineNote, ...] = ()
        self._standing: dict[Key, Shift] = {}
        self._began: dict[Key, tuple[datetime, bool]] = {}
        """Where the beginning of a shift was found further back."""
        self._refused: dict[str, str] = {}
        self._known_to = 0

    # ---- learning ---------------------------------------------------------------------------------------------------

    @property
    def learned(self) -> bool:
        """Whether the class of the present hour has been read."""
        return self._hour == _hour(time.time()) and not self._waiting

    async def learn(self) -> None:
        """Read one part of what is missing."""
        now = time.time()
        if self._hour != _hour(now):
            self._hour, self._learning, self._read_part = _hour(now), {}, {}
            self._waiting = [(0, part) for part in PARTS_S]
            self._asked_parts = 0
        if not self._waiting:
            return
        hours, part = self._waiting[0]
        newest = self._hour * 3600.0 + hours * 3600.0 + part - DAY_S
        if not self._read_part:
            read: Samples = {}
            await self._ask(read, newest - (DAYS - 1) * DAY_S, newest, DAY_S, tiles=True)
            self._read_part = read  # only whole parts: one that was given up is read again from its beginning
        await self._put_to_it()
        del self._waiting[0]
        self._asked_parts += 1
        if self._waiting:
            return
        if self._asked_parts == len(PARTS_S) and await self._too_few(now):
            self._waiting = [(hours, part) for hours in (-1, 1) for part in PARTS_S]
            return
        self._samples, self._classed_at, self._made_of = self._learning, now, ()
        self._learning = {}

    async def _put_to_it(self) -> None:
        """The part that was read to those before it; where that is given up the rest follows with the next reading."""
        slices = Slices()
        while self._read_part:
            if slices.over:
                await slices.rest()
            key, measures = self._read_part.popitem()
            held = self._learning.setdefault(key, {})
            for measure, course in measures.items():
                held.setdefault(measure, PackedCourse()).take_all(course)

    async def _too_few(self, now: float) -> bool:
        """Whether the history is too short for this class: then the hours around it are read too."""
        of, slices = classes(now)[0], Slices()
        for measures in self._learning.values():
            known = {hour_of(at) for at, value in measures.get("requests", ()) if value is not None and of.holds(at)}
            if len(known) >= NEEDED_HOURS:
                return False
            if slices.over:
                await slices.rest()
        return True

    async def _ask(self, into: Samples, start: float, end: float, step: float, *, tiles: bool) -> None:
        """Every measure of every row over a range, added to what is held."""
        catalogue = await self._desk.catalogue()
        select = catalogue.selection(self._service)
        slices = Slices()
        for level in ("services", "endpoints"):
            for measure in MEASURES:
                query = catalogue.query(f"baseline.{level}.{measure}", window=f"{WINDOW_S / 60:.0f}m", **select)
                answer = await self._range(f"{level} {measure}", query, start, end, step)
                await _take(into, answer, catalogue, measure, level == "endpoints", slices)
        if tiles and not self._service:
            for id, figure in _tiles(catalogue).items():
                answer = await self._range(figure.title, figure.value, start, end, step)
                self._units[id] = figure.unit
                for series in answer.series[:1]:
                    into.setdefault(TILES, defaultdict(PackedCourse))[id].take(series.times, series.values)

    async def _range(self, title: str, query: str, start: float, end: float, step: float) -> Answer:
        """What the server refuses (`too many samples`) is said, and the rest is worth having."""
        try:
            answer = await self._desk.source.query_range(query, start, end, step)
        except SourceError as error:
            if error.problem.kind is not ProblemKind.REFUSED:
                raise
            self._refused[title] = f"{title}: {error.problem.sentence}"
            return Answer(query)
        self._refused.pop(title, None)
        return answer

    # ---- judging ----------------------------------------------------------------------------------------------------

    async def judge(self) -> Baselines:
        """What is normal by all that has been read, and what shifted in the newest windows."""
        now = time.time()
        await self._read_notes()
        if not self._bounds:
            self._bounds = await self._read_bounds()
        intervals = rules.incident_intervals(self._incidents())
        await self._make(intervals)
        end = math.floor(now / 60.0) * 60.0
        newest: Samples = {}
        if self._figures:
            await self._ask(newest, end - (OF_WINDOWS - 1) * WINDOW_S, end, WINDOW_S, tiles=False)
        rows, slices = [], Slices()
        for key, row in self._figures.items():
            windows = _windows(newest.get(key, {}))
            rows.append(msgspec.structs.replace(row, windows=windows))
            if slices.over:
                await slices.rest()
        shifts = await self._shifts(rows, clock.now())
        told = {one.key for one in shifts}
        shifts += [one for one in self._drifts.values() if one.key not in told]
        at = datetime.fromtimestamp(end, UTC)
        return Baselines(
            at,
            classes(self._classed_at or now)[0].words,
            tuple(rows),
            regression.per_service(shifts),
            self.learning,
            tuple(_interval(one) for one in intervals),
            (*self._refused.values(), *self._left_over()),
        )

    async def _make(self, intervals: tuple[Interval, ...]) -> None:
        """The figures of every row; only when something that they rest on is new."""
        made_of = (self._classed_at, intervals, len(self._notes))
        if made_of == self._made_of:
            return
        of = classes(self._classed_at) if self._classed_at else ()
        made: dict[Key, RowBaseline] = {}
        drifts: dict[Key, Shift] = {}
        slices = Slices()
        for key in self._kept():
            measures = self._samples[key]
            holds = rules.learned(self._notes, key, intervals)
            noted = rules.accepted(self._notes, key)
            requests = self._usual_requests(measures)
            figures = []
            for measure, course in sorted(measures.items()):
                unit = UNITS.get(measure, self._units.get(measure, "count"))
                found = rules.baseline(measure, unit, course.in_order(), of, holds, self._bounds, requests)
                figures.append(found if found.median is not None or noted is None else _of_note(noted, found))
                if slices.over:
                    await slices.rest()
            frozen = rules.frozen_words(holds, self._notes, key)
            made[key] = RowBaseline(*key, tuple(figures), (), frozen, noted)
            if key != TILES and (found_drift := self._drift(made[key], measures, holds)) is not None:
                drifts[key] = found_drift
        self._figures, self._drifts, self._made_of = made, drifts, made_of

    def _drift(self, row: RowBaseline, measures: Mapping[str, PackedCourse], holds: Learned) -> Shift | None:
        """Whether its class of hours became slower and slower over the days that are learned from."""
        for base in row.figures:
            if base.measure in DRIFTING and base.median is not None:
                usable = [(at, value) for at, value in measures[base.measure].in_order() if holds.holds(at)]
                if (found := drift(row, base, usable)) is not None:
                    return found
        return None

    def _kept(self) -> list[Key]:
        """The busiest rows, in the order of their names."""

        def busy(key: Key) -> float:
            requests = self._samples[key].get("requests")
            return (requests.peak if requests is not None else None) or 0.0

        keys = sorted(self._samples)
        self._known_to = len(keys)
        if len(keys) > MOST_ROWS:
            keys = sorted(sorted(keys, key=busy, reverse=True)[:MOST_ROWS])
        return keys

    def _usual_requests(self, measures: Mapping[str, PackedCourse]) -> float | None:
        requests = measures.get("requests")
        return None if requests is None or requests.peak is None else requests.peak * WINDOW_S

    def _left_over(self) -> tuple[str, ...]:
        more = self._known_to - MOST_ROWS
        return (f"baselines are kept of the {MOST_ROWS:,} busiest rows: {more:,} more have none",) if more > 0 else ()

    @property
    def learning(self) -> str:
        """How far it is read; "" when all is."""
        if self.learned:
            return ""
        whole = self._asked_parts + len(self._waiting) if self._hour == _hour(time.time()) else len(PARTS_S)
        return f"reading {DAYS} days of history: {min(self._asked_parts, whole)} of {whole} parts"

    async def _read_bounds(self) -> tuple[float, ...]:
        catalogue = await self._desk.catalogue()
        answer, _ = await self._desk.ask_or_say(catalogue.query("baseline.bounds"))
        found = {_number(dict(sample.labels).get("le", "")) for sample in answer.samples} if answer else set()
        known = sorted(bound for bound in found if bound is not None)
        unit_s = catalogue.flavour.unit_s
        return tuple(bound * unit_s for bound in known)

    # ---- shifts -----------------------------------------------------------------------------------------------------

    async def _shifts(self, rows: Sequence[RowBaseline], now: datetime) -> list[Shift]:
        """Those that stand, each noted once when it begins and once when it is mended."""
        slices, left = Slices(), MOST_DATED
        of_notes = {(note.service, note.endpoint) for note in self._notes}
        for row in rows:
            key = (row.service, row.endpoint)
            if key == TILES:
                continue
            noted = rules.standing(self._notes, key) if key in of_notes else None
            found = regression.shift(row)
            if found is not None:
                looks_back = noted is None and found.at_least and key not in self._began
                if not looks_back or left:
                    left -= looks_back
                    found = await self._dated(row, found, noted)
                if noted is None and key in self._began:
                    await self._note("shifted", found, now, row.figures)
                self._standing[key] = found
            elif key in self._standing or noted is not None:
                held = self._standing.get(key)
                taken = rules.accepted(self._notes, key)
                over = regression.ended(row, held.measure if held is not None else regression.JUDGED[0])
                if over or (held is not None and taken is not None and taken.at >= held.since):
                    self._standing.pop(key, None)
                    self._began.pop(key, None)
                if over and noted is not None:
                    await self._note("mended", noted, now)
            if slices.over:
                await slices.rest()
        known = {(row.service, row.endpoint) for row in rows}
        return [one for key, one in self._standing.items() if key in known]

    async def _dated(self, row: RowBaseline, found: Shift, noted: BaselineNote | None) -> Shift:
        """With its beginning: as it was noted, else as the hours before tell."""
        key = (row.service, row.endpoint)
        if noted is not None and noted.since is not None and noted.since <= found.since:
            return msgspec.structs.replace(found, since=noted.since, at_least=False)
        if found.at_least and key not in self._began:
            end = math.floor(time.time() / 60.0) * 60.0
            course = await self._of_row(row, end - LOOK_BACK_S, end)
            longer = regression.shift(row, _windows(course)) or found
            self._began[key] = (longer.since, longer.at_least)
        if key in self._began:
            since, at_least = self._began[key]
            return msgspec.structs.replace(found, since=since, at_least=at_least)
        self._began[key] = (found.since, False)
        return found

    async def _of_row(self, row: RowBaseline, start: float, end: float) -> dict[str, Pairs]:
        """The windows of one row alone."""
        catalogue = await self._desk.catalogue()
        level = "endpoints" if row.endpoint else "services"
        select = catalogue.selection(row.service, row.endpoint)
        found: dict[str, Pairs] = {}
        for measure in MEASURES:
            query = catalogue.query(f"baseline.{level}.{measure}", window=f"{WINDOW_S / 60:.0f}m", **select)
            answer = await self._range(f"{row.key} {measure}", query, start, end, WINDOW_S)
            found[measure] = [
                each for series in answer.series[:1] for each in zip(series.times, series.values, strict=True)
            ]
        return found

    # ---- notes ------------------------------------------------------------------------------------------------------

    async def _read_notes(self) -> None:
        if self._store is None:
            return
        try:
            self._notes = await self._store.baseline_notes()
        except SourceError as error:
            log.warning("the log of baselines cannot be read: %s", error)

    async def _note(
        self, what: str, about: Shift | BaselineNote, now: datetime, figures: tuple[Baseline, ...] = ()
    ) -> None:
        """With the figures that it left: who looks once holds the newest windows against them."""
        since, id = about.since, uuid.uuid4().hex
        note = BaselineNote(id, now, CONSOLE, what, about.service, about.endpoint, since, "", figures)
        if self._store is not None:
            try:
                await self._store.note_baseline(note)
            except SourceError as error:
                log.warning("a shift could not be noted: %s", error)
        self._notes = (*self._notes, note)

    # ---- one look ---------------------------------------------------------------------------------------------------

    async def recheck(self) -> tuple[Baselines, str]:
        """The shifts that consoles noted and that still stand; a few queries, and none where nothing was noted."""
        await self._read_notes()
        keys = dict.fromkeys((note.service, note.endpoint) for note in self._notes if note.what == "shifted")
        standing = [noted for key in keys if (noted := rules.standing(self._notes, key)) is not None and noted.figures]
        end = math.floor(time.time() / 60.0) * 60.0
        rows, shifts = [], []
        for noted in standing[-MOST_RECHECKED:]:
            row = RowBaseline(noted.service, noted.endpoint, noted.figures)
            windows = _windows(await self._of_row(row, end - (OF_WINDOWS - 1) * WINDOW_S, end))
            rows.append(msgspec.structs.replace(row, windows=windows))
            if (found := regression.shift(rows[-1])) is not None:
                shifts.append(msgspec.structs.replace(found, since=noted.since or found.since, at_least=False))
        rows.sort(key=lambda row: (row.service, row.endpoint))
        at = datetime.fromtimestamp(end, UTC)
        return Baselines(at, classes(end)[0].words, tuple(rows), regression.per_service(shifts)), "shifts of the store"


class BaselinesFeed(Polled[Baselines]):
    """Asks quickly while it learns and once a minute afterwards."""

    def __init__(self, reader: BaselineReader) -> None:
        super().__init__("baselines", BASELINES, EVERY_S, self._read, timeout_s=TIMEOUT_S)
        self.every_s = LEARNS_EVERY_S
        self.reader = reader
        self._judged: tuple[float, Baselines] | None = None
        self._begun = False

    async def _read(self) -> tuple[Baselines, str]:
        if not self._begun:
            self._begun = True
            await asyncio.sleep(BEGINS_S)
        await self.reader.learn()
        known = self.reader.learned
        self.every_s = EVERY_S if known else LEARNS_EVERY_S
        if not known and self._judged is not None and clock.boottime() - self._judged[0] < EVERY_S:
            found = msgspec.structs.replace(self._judged[1], learning=self.reader.learning)
        else:
            found = await self.reader.judge()
            self._judged = clock.boottime(), found
        return found, "query_range over 28 days, one point a day"


def _tiles(catalogue: Catalogue) -> dict[str, Figure]:
    """Tiles and business figures by id, as the tiles' own reading names them."""
    own = {f"pulse {title}": Figure(title, "count", text) for title, text in catalogue.pulse.items()}
    return {id: catalogue.tile(id) for id in (*catalogue.tile_ids, *PULSE)} | own


async def _take(
    into: Samples, answer: Answer, catalogue: Catalogue, measure: str, endpoints: bool, slices: Slices
) -> None:
    service, endpoint = catalogue.label("service"), catalogue.label("endpoint")
    for series in answer.series:
        labels = dict(series.labels)
        key = (labels.get(service, ""), labels.get(endpoint, "") if endpoints else "")
        if endpoints == bool(key[1]) and key != TILES:
            into.setdefault(key, defaultdict(PackedCourse))[measure].take(series.times, series.values)
        if slices.over:
            await slices.rest()


def _windows(course: Mapping[str, Pairs]) -> tuple[Window, ...]:
    """The measures of each moment together, oldest first."""
    at: dict[float, dict[str, float | None]] = defaultdict(dict)
    for measure, samples in course.items():
        for moment, value in samples:
            at[moment][measure] = value
    return tuple(Window(moment, **at[moment]) for moment in sorted(at))


def _of_note(note: BaselineNote, found: Baseline) -> Baseline:
    """The figure as it was accepted, while there are not hours enough since then."""
    return next((one for one in note.figures if one.measure == found.measure), found)


def _interval(one: Interval) -> tuple[datetime, datetime | None, str]:
    start, end, why = one
    return datetime.fromtimestamp(start, UTC), None if math.isinf(end) else datetime.fromtimestamp(end, UTC), why


def _hour(now: float) -> int:
    return math.floor(now / 3600.0)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
