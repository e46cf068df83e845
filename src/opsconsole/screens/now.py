"""Tab 0, Now: what is wrong, since when, after and with what, whom it hurts; what changed; the critical path."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import msgspec
from rich.text import Text
from textual.widget import Widget

from ..model.action import Target
from ..model.collection import Delta
from ..model.finding import Change, Finding, Severity
from ..model.metrics import Measures
from ..model.reading import Reading, State
from ..poller.board import Board
from ..poller.topics import (
    ALERTS,
    BASELINES,
    CHANGES,
    COSTS,
    CUSTOMERS,
    EXTERNAL,
    FINDINGS,
    INCIDENTS,
    MEASURES,
    PG_FACTS,
    POD_USAGE,
    PODS,
    REDIS,
    SERVICES,
    SPLITS,
    TILES,
    WORKLOADS,
    Topic,
)
from ..rules.evidence import ring
from ..rules.findings import AFTER_S, CAUSES, SLACK_S
from ..rules.groups import began, offset
from ..rules.path import fullest, normal_p95, path
from ..text import clock, units
from ..text.clean import clean
from ..widgets.columns import Column
from ..widgets.live_table import LiveTable
from ..widgets.row_order import GONE
from ..widgets.source_state import every_topic, summarise
from . import now_lines as lines
from . import targets
from .base import View
from .now_columns import Folded, NowColumns, Row, folded
from .now_page import NowPage
from .table_tab import TableTab, change_words, sure, verdict

T = TypeVar("T")
FOLDED = "folded"
SOURCES: tuple[Topic[Any], ...] = (PODS, ALERTS, REDIS, PG_FACTS, COSTS, CUSTOMERS, INCIDENTS)
"""One topic of each source, as their state decides what an empty list of findings means."""


class NowTab(TableTab):
    """The page that the console opens on."""

    digit: ClassVar[int] = 0
    title: ClassVar[str] = "Now"
    views: ClassVar[tuple[View, ...]] = (View("now", "Findings", "f"), View("changed", "Changed", "c"))

    def build(self) -> dict[str, Widget]:
        self.readings: dict[Topic[Any], Reading[Any]] = {}
        self.full: dict[str, tuple[str, float | None]] = {}
        self.split_asked = ""
        self.opened: set[str] = set()
        """Leaders whose groups are shown in full."""
        self.columns = NowColumns()
        self.findings: LiveTable[Row] = LiveTable(
            self.columns.columns(), order=self.columns.place, mark=self.columns.mark, left=self._left
        )
        self.changes: LiveTable[tuple[int, Change]] = LiveTable(
            [
                Column("at", "AT", 6, lambda row: units.clock(row[1].at)),
                Column("kind", "KIND", 9, lambda row: row[1].kind),
                Column("what", "WHAT", 40, lambda row: clean(row[1].what), flex=1),
                Column("worst", "V #1", 14, lambda row: self._to_worst(row[1]) or units.DASH),
                Column("who", "WHO", 16, lambda row: clean(row[1].who) or units.DASH),
            ],
            order=lambda row: row[0],
            empty="nothing changed in the last hour",
        )
        self.page = NowPage(self.findings)
        return {"now": self.page, "changed": self.changes}

    @property
    def table(self) -> LiveTable[Any] | None:
        return self.changes if self.view == "changed" else self.findings

    def on_mount(self) -> None:
        self._listen(FINDINGS, self._show_findings)
        self._listen(CHANGES, self._show_changes)
        for topic in (MEASURES, *SOURCES):
            self._listen(topic, self._show_nothing)
        path_topics: tuple[Topic[Any], ...] = (SERVICES, PG_FACTS, REDIS, EXTERNAL, BASELINES)
        for topic in path_topics:
            self._listen(topic, self._show_path)
        self._listen(POD_USAGE, self._show_usage)
        self._listen(SPLITS, self._show_splits)
        self._listen(TILES, self._show_pulse)
        tab_topics: tuple[Topic[Any], ...] = (SERVICES, WORKLOADS, PG_FACTS, COSTS, CUSTOMERS, INCIDENTS)
        for topic in tab_topics:
            self._listen(topic, self._show_tabs)

    def _listen(self, topic: Topic[Any], show: Callable[[], None]) -> None:
        def hear(reading: Reading[Any], delta: Delta[Any] | None) -> None:
            self.readings[topic] = reading
            show()

        self.follow(topic, hear)

    def _reading(self, topic: Topic[T]) -> Reading[T]:
        return self.readings.get(topic, Reading())

    # ---- the parts ------------------------------------------------------------------------------------------------

    @property
    def found(self) -> tuple[Finding, ...]:
        return self._reading(FINDINGS).value or ()

    def _show_findings(self) -> None:
        self.opened &= {finding.id for finding in self.found}
        rows = folded(self.found, self.opened)
        self.columns.take(rows)
        self._show_nothing()
        self.findings.set_rows(rows)
        self.findings.reformat()
        self._ask_for_split()
        self._show_changes()
        self._show_splits()
        self._show_tabs()
        self._explain()
        self.changed()

    def _show_nothing(self) -> None:
        """What an empty list means: only with every source answering and every rule judged is it good news."""
        if self._reading(FINDINGS).value is None:
            self.findings.empty = "the first readings are on their way"
        else:
            self.findings.empty = nothing_found(self.context.board, self._reading(MEASURES).value)

    def _ask_for_split(self) -> None:
        """A new worst finding about requests is split at once, not at the feed's next turn."""
        about = self._split_finding()
        asked = about.id if about is not None else ""
        if asked and asked != self.split_asked:
            self.context.refresh((SPLITS,))
        self.split_asked = asked

    def _split_finding(self) -> Finding | None:
        """The worst finding about requests: the one that the splits are asked for."""
        return next((finding for finding in self.found if finding.object.endswith(" ")), None)

    def _show_changes(self) -> None:
        reading = self._reading(CHANGES)
        changes = reading.value or ()
        self.changes.set_rows({f"{c.at.timestamp()} {c.kind} {c.what}": (n, c) for n, c in enumerate(changes)})
        telling = [self.context.board.get(topic) for topic in (WORKLOADS, PG_FACTS)]
        configured = [one for one in telling if one.state is not State.OFF]
        seen = bool(configured) and sure(*configured)
        self.changes.empty = "nothing changed in the last hour" if sure(reading) and seen else "no change is seen"

        def draw(width: int, height: int) -> Text:
            return lines.change_lines(reading, height, width, self._to_worst, seen=seen)

        self.page.show("changes", draw)

    def _to_worst(self, change: Change) -> str:
        """`2m before #1`, for what lies near enough to stand beside it; "" for all else."""
        worst = next((finding for finding in self.found if finding.state == "firing"), None)
        if worst is None or worst.since is None or change.kind not in CAUSES:
            return ""
        before_s = (worst.since - change.at).total_seconds()
        return offset(change.at, worst.since, "#1") if -SLACK_S <= before_s <= AFTER_S else ""

    def _left(self, key: str) -> str:
        """A finding that is folded away has not ended."""
        return FOLDED if key.startswith("more ") or any(one.id == key for one in self.found) else GONE

    def _show_usage(self) -> None:
        pods, usage = self.context.board.get(PODS).value, self._reading(POD_USAGE).value
        if pods is not None and usage is not None:
            self.full = fullest(pods.rows.values(), usage)
            self._show_path()

    def _show_path(self) -> None:
        services = self._reading(SERVICES)
        rows = path(
            services.value.figures if services.value is not None else (),
            self.context.profile.metrics.critical_path,
            self.full,
            self._reading(PG_FACTS).value,
            self._reading(REDIS).value,
            self._reading(EXTERNAL).value or (),
            normal_p95(self._reading(BASELINES).value),
        )
        of: dict[str, Reading[Any]] = {
            "metrics": services,
            "postgres": self._reading(PG_FACTS),
            "redis": self._reading(REDIS),
        }
        aged = {name: lines.short_trust(reading) for name, reading in of.items() if reading.value is not None}
        told = [f"{name} {note}" for name, note in aged.items() if note]
        if services.value is None:
            told.insert(0, f"metrics {lines.short_trust(services)}")
        self.page.show("path", lambda width, height: lines.path_lines(rows, width, " · ".join(told)))

    def _show_splits(self) -> None:
        reading, about = self._reading(SPLITS), self._split_finding()
        splits = (reading.value or ()) if about is not None else ()
        name = about.object.strip() if about is not None else ""
        if about is None:
            reason = "no finding is about requests"
        else:
            reason = lines.short_trust(reading) or f"what carries {clean(name)}'s bad requests is being asked"

        def draw(width: int, height: int) -> Text:
            say = lines.split_lines if height > 1 else lines.split_line
            return say(splits, f"{clean(name)}: what carries the bad ones" if name else "", reason, width)

        self.page.show("splits", draw)

    def _show_pulse(self) -> None:
        reading = self._reading(TILES)
        self.page.show("pulse", lambda width, height: lines.pulse_line(reading, width))

    def _show_tabs(self) -> None:
        known = lines.TabReadings(
            self._reading(SERVICES),
            self._reading(WORKLOADS),
            self._reading(PG_FACTS),
            self._reading(COSTS),
            self._reading(CUSTOMERS),
            self._reading(INCIDENTS),
        )
        self.page.show("tabs", lambda width, height: lines.tab_lines(self.found, known, clock.now(), width))

    def on_live_table_moved(self, message: LiveTable.Moved) -> None:
        self._explain()

    def _explain(self) -> None:
        """The whole of the finding under the cursor, as its columns may cut it; of folded ones their leader."""
        row = self.findings.cursor_row
        finding = next((one for one in self.found if one.id == row.leader), None) if isinstance(row, Folded) else row
        self.page.show(
            "finding",
            lambda width, height: lines.finding_lines(finding, self.context.profile.policy, width, self._led(finding)),
        )

    def _led(self, finding: Finding | None) -> str:
        """`with #1: both api, 4m after it` of a finding that is led; of a leader how many it leads."""
        if finding is None:
            return ""
        leader = next((one for one in self.found if one.id == finding.leader), None)
        if leader is None:
            return f"leads {units.plural(len(finding.evidence), 'finding')}" if finding.evidence else ""
        parts = (finding.tie, began(finding, leader))
        return f"with #{self.columns.numbers.get(leader.id, 1)}: {', '.join(clean(part) for part in parts if part)}"

    # ---- words ----------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        found = self.found
        if self.view == "changed":
            reading = self._reading(CHANGES)
            return verdict(reading, units.plural(len(reading.value or ()), "change") + " in the last 60 min")
        if self._reading(FINDINGS).value is None:
            return "FINDINGS: the first readings are on their way"
        firing = [finding for finding in found if finding.state == "firing"]
        pending = len(found) - len(firing)
        blind = sum(1 for finding in firing if finding.severity is Severity.BLIND)
        acked = sum(1 for finding in firing if finding.acknowledged_by)
        notes = (
            [f"{acked} acked"] * bool(acked) + [f"{blind} blind"] * bool(blind) + [f"{pending} pending"] * bool(pending)
        )
        return f"FINDINGS {len(firing)}" + (f" ({', '.join(notes)})" if notes else "")

    def hints(self) -> tuple[str, ...]:
        return ("enter", "next", "why", "changes", "act", "declare", "note", "help")

    def act(self, action_id: str) -> bool:
        if action_id == "changes":
            self.show_view("changed")
            return True
        if action_id == "back" and self.view == "changed":
            self.show_view("now")
            return True
        if action_id == "back" and isinstance(self.row, Finding) and {self.row.id, self.row.leader} & self.opened:
            self._fold(self.row.leader or self.row.id)
            return True
        if action_id == "enter" and isinstance(self.row, Folded):
            self._unfold(self.row)
            return True
        if action_id in ("enter", "related"):
            return self._enter(self.row)
        return super().act(action_id)

    def _enter(self, row: Any) -> bool:
        """To the object of a finding or a change, on its own tab."""
        if isinstance(row, Finding):
            self.console.evidence.begin(ring(row, self.found, self._reading(CHANGES).value or ()))
            return True
        change = row[1] if isinstance(row, tuple) else None
        if change is None or not change.object:
            return False
        self.console.go(2, identity=change.object)
        return True

    def _unfold(self, row: Folded) -> None:
        self.opened.add(row.leader)
        self._show_findings()
        self.findings.settle()

    def _fold(self, leader: str) -> None:
        self.opened.discard(leader)
        self.findings.go_to(leader)
        self._show_findings()
        self.findings.settle()

    def finding(self) -> Finding | None:
        return self.row if isinstance(self.row, Finding) else None

    def target(self) -> Target | None:
        """The workload that a finding or a change is about."""
        row = self.row[1] if isinstance(self.row, tuple) else self.row
        return targets.workload_target(self.context, row.object) if isinstance(row, Finding | Change) else None

    def snapshot(self) -> tuple[str, ...]:
        return targets.rows_in_view(self.headline(), self.table)

    def is_wrong(self, row: Any) -> bool:
        """What fires; what is pending is not wrong yet."""
        return not isinstance(row, Finding) or row.state == "firing"

    def why(self) -> str:
        finding = self.row
        if not isinstance(finding, Finding):
            return ""
        return "\n".join(
            f"{title:<14}{value}" for title, value in lines.facts_of(finding, self.context.profile.policy) if value
        )

    def describe(self) -> str:
        return self.why() or (lines_of_change(self.row[1]) if isinstance(self.row, tuple) else "")

    def raw(self) -> str:
        row = self.row[1] if isinstance(self.row, tuple) else self.row
        return "" if row is None else msgspec.json.format(msgspec.json.encode(row), indent=2).decode()


def lines_of_change(change: Change) -> str:
    return f"{change_words(change)}\nobject   {clean(change.object) or units.DASH}"


def nothing_found(board: Board, measures: Measures | None) -> str:
    """The sentence of an empty list: what could not be judged stands in it."""
    unwell = [f"{name} {state.upper()}" for name, state in summarise((t, board.get(t)) for t in every_topic()).unwell]
    known = {value.measure for value in measures.values if value.value is not None} if measures is not None else set()
    no_numbers = {value.measure for value in measures.values} - known if measures is not None else set()
    unknown = len(no_numbers) + len(measures.failed) if measures is not None else 0
    gaps = [*unwell, f"{units.plural(unknown, 'measure')} unknown"] if unknown else unwell
    if not gaps:
        return "no rule of the policy is breached"
    return f"no breach is seen, but not all is known: {', '.join(gaps)}"
