"""CronJobs: when each is due, when it last ran, and whether it was missed."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from rich.text import Text

from ...model.kubernetes import Workload
from ...poller.slices import Slices
from ...poller.topics import WORKLOADS
from ...rules.schedules import Unknowable, due_after
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from .. import related
from ..base import View
from ..columns.cells import image_tag, rank, severity_cell, words_cell
from ..columns.workloads import WorkloadRow
from .explain import WIDE, beside, events_about, fact, head
from .kind import Into, MadeKind

RUNS_SHOWN = 6


class CronJobs(MadeKind[WorkloadRow]):
    view = View("cronjobs", "Cron jobs", "")
    topic = WORKLOADS
    one = "cron job"
    word = "cj"
    tells = "when each is due, when it last ran, whether it was missed"
    empty = "no CronJob is here"
    sorts: ClassVar = {"t": ("state", "state"), "a": ("last", "last run"), "n": ("name", "name"), "r": ("next", "next")}

    def build(self) -> LiveTable[WorkloadRow]:
        return LiveTable(_columns(), order=_order, mark=lambda row: severity_cell(row.verdict))

    async def rebuild(self, slices: Slices) -> None:
        own = {uid: row for uid, row in self.known.judged.items() if row.workload.kind == "CronJob"}
        self.table.update_rows(own, self.known.left & self.table.rows.keys())

    def wrong(self, row: WorkloadRow) -> bool:
        return row.verdict.wrong

    def into(self, row: WorkloadRow) -> Into:
        return related.jobs_of(row.workload)

    def explain(self, row: WorkloadRow, width: int) -> list[Text]:
        job = row.workload
        last = job.cron.last if job.cron is not None else None
        said = f" · last run {units.age(last, clock.now())} ago" if last is not None else " · never run"
        due = _next(job)
        next_ = f" · next {units.when(due, clock.now())}Z" if due is not None and not job.paused else ""
        first = head(job.name, f"{clean(row.verdict.words)} · {clean(_schedule(row))}{said}{next_}")
        events = events_about(self.known.events_of, {job.uid}, job.name)
        runs = list(self._runs(job))
        if width < WIDE:
            return [first, *events[:1], *runs, *events[1:]]
        return [first, *self._facts(job), *beside("EVENTS (warnings first)", events, "RUNS, newest first", runs, width)]

    def _facts(self, job: Workload) -> list[Text]:
        cron = job.cron
        if cron is None:
            return []
        late = f"left out when {units.span(cron.deadline_s)} late" if cron.deadline_s is not None else "at any lateness"
        good = f"{units.age(cron.succeeded, clock.now())} ago" if cron.succeeded is not None else "never, as it says"
        return [fact("policy", f"concurrency {clean(cron.concurrency)} · begun {late} · last went well {good}")]

    def _runs(self, job: Workload) -> Iterator[Text]:
        part = related.jobs_of(job).part
        rows = [row for row in self.known.kinds["jobs"].table.rows.values() if part is not None and part.holds(row)]
        rows.sort(key=lambda row: -(row.workload.created.timestamp() if row.workload.created else 0.0))
        for row in rows[:RUNS_SHOWN]:
            age = units.age(row.workload.created, clock.now())
            yield Text(f"{age:>6} ago  {clean(row.verdict.words)}  {clean(row.workload.name)}")


def _next(job: Workload) -> datetime | None:
    """When it is due next; None where its schedule cannot be read here."""
    if job.cron is None:
        return None
    try:
        return next(due_after(job.cron.schedule, job.cron.timezone, clock.now()), None)
    except Unknowable:
        return None


def _schedule(row: WorkloadRow) -> str:
    cron = row.workload.cron
    if cron is None:
        return units.UNKNOWN
    return clean(cron.schedule) + (f" {clean(cron.timezone)}" if cron.timezone else "")


def _last(row: WorkloadRow) -> Cell:
    cron = row.workload.cron
    if cron is None or cron.last is None:
        return "never", "dim"
    return units.age(cron.last, clock.now())


def _due(row: WorkloadRow) -> Cell:
    if row.workload.paused:
        return units.DASH, "dim"
    due = _next(row.workload)
    return f"in {units.span((due - clock.now()).total_seconds() // 60 * 60)}" if due is not None else ("?", "dim")


def _succeeded(row: WorkloadRow) -> Cell:
    cron = row.workload.cron
    if cron is None or cron.succeeded is None:
        return units.DASH, "dim"
    return units.age(cron.succeeded, clock.now())


def _columns() -> list[Column[WorkloadRow]]:
    return [
        Column("name", "CRON JOB", 18, lambda r: clean(r.workload.name), flex=2, most=50,
               sort=lambda r: r.workload.name),
        Column("schedule", "SCHEDULE", 13, _schedule, flex=1, most=30),
        Column("suspended", "SUSP", 4, lambda r: ("yes", "warn") if r.workload.paused else "no"),
        Column("active", "RUN", 3, lambda r: str(r.workload.desired), right=True),
        Column("last", "LAST", 6, _last, right=True, sort=_oldest_run),
        Column("next", "NEXT", 8, _due, right=True, sort=_next_first),
        Column("state", "STATE", 16, lambda r: words_cell(r.verdict), flex=4, most=80,
               sort=lambda r: rank(r.verdict)),
        Column("succeeded", "WENT WELL", 9, _succeeded, right=True, from_width=110),
        Column("age", "AGE", 5, lambda r: units.age(r.workload.created, clock.now()), right=True, from_width=90),
        Column("image", "IMAGE", 10, lambda r: clean(image_tag(r.workload.images[0])) if r.workload.images
               else units.DASH, from_width=130, most=20, flex=1),
        Column("namespace", "NAMESPACE", 16, lambda r: clean(r.workload.namespace), flex=1, most=30, from_width=130),
    ]  # fmt: skip


def _oldest_run(row: WorkloadRow) -> float:
    cron = row.workload.cron
    return cron.last.timestamp() if cron is not None and cron.last is not None else 0.0


def _next_first(row: WorkloadRow) -> float:
    due = _next(row.workload)
    return due.timestamp() if due is not None and not row.workload.paused else float("inf")


def _order(row: WorkloadRow) -> tuple[object, ...]:
    return rank(row.verdict), row.workload.paused, row.workload.namespace, row.workload.name
