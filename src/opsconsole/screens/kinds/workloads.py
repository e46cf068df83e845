"""Workloads: Deployments, StatefulSets, DaemonSets and what else owns pods, judged by their pods and their HPA."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import msgspec
from rich.text import Text

from ...model.collection import Delta
from ...model.kubernetes import Pod, Workload
from ...poller.slices import Slices
from ...poller.topics import WORKLOADS, Topic
from ...rules import capacity
from ...rules import hpa as hpas
from ...rules.restarts import last_hour_of
from ...rules.verdict import COMPLETE, OK, Verdict
from ...rules.workload_state import finished_run
from ...text import clock, units
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from ...widgets.run_line import is_news, run_words
from .. import hpa_facts, related
from ..base import View
from ..columns.cells import severity_cell
from ..columns.workloads import WorkloadRow, workload_columns, workload_order
from ..pod_rows import key_of
from ..rights import forbidden
from ..workload_rows import workload_row
from .explain import WIDE, beside, events_about, pods_facts, rollout_line
from .kind import Into, Kind, Part
from .known import Known

_WITHOUT = frozenset({"pods", "events"})
"""Lists that show no workload: rows wait while these are looked at, but for what is wrong with them."""


class Workloads(Kind[WorkloadRow]):
    view = View("workloads", "Workloads", "d")
    topic = WORKLOADS
    sorts: ClassVar = {
        "c": ("cpu", "cpu"), "m": ("memory", "memory"), "t": ("state", "state"), "r": ("restarts", "restarts"),
        "a": ("age", "age"), "n": ("workload", "name"),
    }  # fmt: skip
    one = "workload"
    empty = "no workload is here"
    pane_rows_short = 3

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        known.workloads = self.table.rows
        self._anew = False
        """Whether they were read anew since the last rebuilding: what is missing went some time before."""
        self._unmade: set[str] = set()
        """Uids of those whose rows are made anew once somebody may look at them."""
        self._rows: dict[str, WorkloadRow] = {}
        """All workloads, runs that ended well too."""

    def build(self) -> LiveTable[WorkloadRow]:
        return LiveTable(
            workload_columns(self.label_columns), order=workload_order,
            mark=lambda row: severity_cell(row.verdict),
            left=lambda uid: "done" if uid in self._rows else "gone",
        )  # fmt: skip

    def wrong(self, row: WorkloadRow) -> bool:
        return row.verdict.wrong

    def words(self) -> str:
        count = units.plural(len(self.table.rows), "workload")
        own = self.known.collection(WORKLOADS)
        refused = f" · {forbidden(WORKLOADS, own.denied)}" if own is not None and own.denied else ""
        blind = refused + self.known.unseen_words(but=WORKLOADS if refused else None)
        wrong = sum(1 for row in self.table.rows.values() if row.verdict.wrong)
        others = len(self.known.wrong) - wrong
        also = f" · {others} wrong in other lists (v w)" if others > 0 else ""
        if wrong:
            return f"{wrong} of {count} wrong{also}{blind}"
        if self.known.sees_all() and not blind:
            return f"{count}, none wrong{also}"
        doubt = "" if refused else f", but not all is seen{'' if blind else ': !'}"
        return f"{count}, none seen wrong{also}{doubt}{blind}"

    def take(self, topic: Topic[Any], delta: Delta[Workload]) -> None:
        self.known.touched |= {key_of(workload) for workload in delta.upserts.values()}
        if delta.removals or delta.reset:
            self.known.touched.add(("", "", ""))
        self._anew = self._anew or delta.reset

    async def rebuild(self, slices: Slices) -> None:
        """Judge the workloads anew whose parts have changed."""
        known = self.known
        touched, known.touched = known.touched, set()
        known.judged, known.left = {}, frozenset()
        collection = known.collection(WORKLOADS)
        if collection is None:
            return
        workloads: Mapping[str, Workload] = collection.rows
        now = clock.now()
        for uid, workload in list(workloads.items()):
            row = self._rows.get(uid)
            due = key_of(workload) in touched or uid in self._unmade
            if due and (row is None or known.on_screen not in _WITHOUT):
                known.judged[uid] = self._row(uid, workload, now)
                self._unmade.discard(uid)
            else:
                if due:
                    self._unmade.add(uid)
                if row is not None and row.verdict != self._verdict(uid, workload):
                    # time alone made it worse, or better
                    known.judged[uid] = msgspec.structs.replace(
                        row, workload=workload, verdict=self._verdict(uid, workload)
                    )
            if slices.over:
                await slices.rest()
        known.left = frozenset(uid for uid in self._rows if uid not in workloads)
        for uid in known.left:
            del self._rows[uid]
            self._unmade.discard(uid)
        self._rows |= known.judged
        if not known.judged and not known.left:
            return
        over = {uid for uid, row in known.judged.items() if finished_run(row.workload, row.verdict)}
        self.table.update_rows(
            {uid: row for uid, row in known.judged.items() if uid not in over},
            (known.left | over) & self.table.rows.keys(),
            witnessed=not self._anew,
        )
        self._anew = False

    def _row(self, uid: str, workload: Workload, now: datetime) -> WorkloadRow:
        known = self.known
        restarts = last_hour_of(known.index.pods_of(key_of(workload)), known.trouble.restarts, now)
        return workload_row(workload, self._verdict(uid, workload), known.index, known.usage, restarts, now)

    def _verdict(self, uid: str, workload: Workload) -> Verdict:
        """A run of a CronJob that ended well is judged as nothing wrong; here it is said to be complete."""
        verdict = self.known.trouble.verdict(uid)
        done = workload.kind == "Job" and verdict == OK
        return COMPLETE if done else verdict

    def into(self, row: WorkloadRow) -> Into:
        """A CronJob's jobs; of all others their pods."""
        workload = row.workload
        return (
            related.jobs_of(workload) if workload.kind == "CronJob" else related.pods_of(self.known, key_of(workload))
        )

    def part_words(self, part: Part) -> str:
        rows = [row for row in self.table.rows.values() if part.holds(row)]
        wrong = sum(1 for row in rows if row.verdict.wrong)
        return f"{units.plural(len(rows), 'workload')} of {clean(part.of)}, {wrong or 'none'} wrong"

    # ---- the pane --------------------------------------------------------------------------------------------------

    def explain(self, row: WorkloadRow, width: int) -> list[Text]:
        known, workload = self.known, row.workload
        key = key_of(workload)
        pods = known.index.pods_of(key)
        head = Text.assemble((clean(workload.name), "bold"), " ─ ")
        if row.hpa is not None:
            why = clean(hpas.why(row.hpa, hpa_facts.around(known, row.hpa)))
            if row.verdict.wrong and not row.verdict.words.startswith("HPA"):
                head.append(f"{clean(row.verdict.words)} · ")  # else the reckoning says it already
            head.append(f"why: {why}" if width >= WIDE else why)
        else:
            head.append(f"{clean(row.verdict.words)} · no HPA owns its replicas")
        run = known.runs.get(key)
        if run is not None and is_news(run, clock.now()):
            # what was done a moment ago comes before what explains the state
            head = Text.assemble((clean(workload.name), "bold"), f" ─ {run_words(run)}")
        elif pods:
            head.append(f" · room: {capacity.room_words(self._room(pods[0]))}")
        events = events_about(known.events_of, {workload.uid, *(pod.uid for pod in pods)}, workload.name)
        revisions = known.index.revisions_of(key)
        rollout = [rollout_line(revisions)] if revisions else []
        news = known.new_lines.about(row, pods) if known.new_lines is not None and width >= WIDE else None
        if width < WIDE:
            return [head, *events[:1], *rollout, *events[1:]]
        facts = [*pods_facts(pods), *hpa_facts.triggers(known, workload.namespace, workload.name)]
        if row.hpa is not None:
            facts += hpa_facts.facts(known, row.hpa, width - width * 3 // 5)
        title = "PODS AND HPA"
        if news is not None:
            # what it logs since it is wrong comes before what it is
            title, facts = news[0], [*news[1], Text(title, style="bold dim"), *facts]
        return [head, *beside("EVENTS (warnings first)", events, title, facts, width), *rollout]

    def _room(self, template: Pod) -> capacity.Room:
        nodes = list(self.known.nodes.values())
        return capacity.room_on(self.known.index.rooms(nodes), template, len(nodes))
