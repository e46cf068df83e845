"""Jobs: how far they are and how long they took; also the runs of CronJobs that ended well."""

from datetime import datetime
from typing import ClassVar

from rich.text import Text

from ...model.kubernetes import Workload
from ...poller.slices import Slices
from ...poller.topics import WORKLOADS
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from .. import related
from ..base import View
from ..columns.cells import image_tag, rank, severity_cell, words_cell
from ..columns.workloads import WorkloadRow
from ..pod_rows import key_of
from .explain import WIDE, beside, condition_words, events_about, head, pods_facts
from .kind import Into, MadeKind


class Jobs(MadeKind[WorkloadRow]):
    view = View("jobs", "Jobs", "")
    topic = WORKLOADS
    one = "job"
    word = "job"
    tells = "runs, how far they are, how long they took"
    empty = "no job is here"
    sorts: ClassVar = {"t": ("state", "state"), "a": ("age", "age"), "n": ("name", "name")}

    def build(self) -> LiveTable[WorkloadRow]:
        return LiveTable(_columns(), order=_order, mark=lambda row: severity_cell(row.verdict))

    async def rebuild(self, slices: Slices) -> None:
        own = {uid: row for uid, row in self.known.judged.items() if row.workload.kind == "Job"}
        self.table.update_rows(own, self.known.left & self.table.rows.keys())

    def wrong(self, row: WorkloadRow) -> bool:
        return row.verdict.wrong

    def into(self, row: WorkloadRow) -> Into:
        return related.pods_of(self.known, key_of(row.workload))

    def explain(self, row: WorkloadRow, width: int) -> list[Text]:
        job = row.workload
        pods = self.known.index.pods_of(key_of(job))
        owner = f" · begun by {clean(job.owner.kind).lower()}/{clean(job.owner.name)}" if job.owner is not None else ""
        took = f" · {duration_words(job)}"
        first = head(job.name, f"{clean(row.verdict.words)} · {job.ready} of {job.desired} completed{took}{owner}")
        events = events_about(self.known.events_of, {job.uid, *(pod.uid for pod in pods)}, job.name)
        told = [Text(condition_words(condition)) for condition in job.conditions if condition.status == "True"]
        if width < WIDE:
            return [first, *told, *events]
        return [first, *beside("EVENTS (warnings first)", events, "PODS", [*told, *pods_facts(pods)], width)]


def ended(job: Workload) -> datetime | None:
    """When it came to its end, good or bad, as its conditions tell."""
    if job.run is not None and job.run.finished is not None:
        return job.run.finished
    done = (c for c in job.conditions if c.type in ("Complete", "Failed") and c.status == "True")
    return next((condition.since for condition in done), None)


def begun(job: Workload) -> datetime | None:
    return (job.run.started if job.run is not None else None) or job.created


def duration_words(job: Workload) -> str:
    """`took 4m`, `runs for 2m`."""
    begin, end = begun(job), ended(job)
    if begin is None:
        return "begun at an unknown time"
    if end is None:
        return "suspended" if job.paused else f"runs for {units.age(begin, clock.now())}"
    return f"took {units.span((end - begin).total_seconds())}"


def _duration(row: WorkloadRow) -> str:
    begin, end = begun(row.workload), ended(row.workload)
    if begin is None:
        return units.DASH
    return units.age(begin, clock.now()) if end is None else units.span((end - begin).total_seconds())


def _owner(row: WorkloadRow) -> Cell:
    owner = row.workload.owner
    return f"{clean(owner.kind).lower()}/{clean(owner.name)}" if owner is not None else (units.DASH, "dim")


def _columns() -> list[Column[WorkloadRow]]:
    return [
        Column("name", "JOB", 24, lambda r: clean(r.workload.name), flex=2, most=50, sort=lambda r: r.workload.name),
        Column("done", "DONE", 6, lambda r: f"{r.workload.ready}/{r.workload.desired}", right=True),
        Column("state", "STATE", 20, lambda r: words_cell(r.verdict), flex=3, most=60,
               sort=lambda r: rank(r.verdict)),
        Column("took", "TOOK", 6, _duration, right=True),
        Column("active", "RUN", 3, lambda r: str(r.workload.updated), right=True, from_width=100),
        Column("age", "AGE", 5, lambda r: units.age(r.workload.created, clock.now()), right=True, sort=_newest),
        Column("owner", "OF", 18, _owner, flex=1, most=36, from_width=100),
        Column("image", "IMAGE", 12, lambda r: clean(image_tag(r.workload.images[0])) if r.workload.images
               else units.DASH, from_width=120, most=20, flex=1),
        Column("namespace", "NAMESPACE", 16, lambda r: clean(r.workload.namespace), flex=1, most=30, from_width=110),
    ]  # fmt: skip


def _newest(row: WorkloadRow) -> float:
    return -(row.workload.created.timestamp() if row.workload.created else 0.0)


def _order(row: WorkloadRow) -> tuple[object, ...]:
    return rank(row.verdict), _newest(row), row.workload.name
