"""The Logs view: by service how much it writes of which level, and which errors are new since the breach."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual.widget import Widget

from ...model.collection import Delta
from ...model.finding import Finding
from ...model.logs import Counted, LogOverview, ServiceLog
from ...model.reading import Reading
from ...poller.topics import LOGS, POD_LOGS, Topic
from ...rules.log_overview import a_minute, before
from ...rules.log_patterns import filter_for
from ...text import clock, units
from ...text.clean import clean
from ...widgets.chart_drawing import sparkline
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from .. import targets
from ..base import View
from ..links import link_line, links_of
from ..log_target import service_logs
from ..log_words import pattern_words
from ..table_tab import show_trust, sure
from ..table_view import TableView
from .view import MetricView

WIDE = 110
SHOWN = 4
"""New patterns of a service that are rows of their own; the pane has more."""
STYLES = {"ERROR": "crit", "WARN": "warn"}


@dataclass(frozen=True, slots=True)
class LogRow:
    """A service, or one pattern that is new in it."""

    log: ServiceLog
    place: tuple[int, int]
    """Where it stands: by how bad its service is, then in its service."""
    pattern: Counted | None = None

    @property
    def service(self) -> str:
        return self.log.service

    @property
    def namespace(self) -> str:
        return self.log.namespace

    @property
    def key(self) -> str:
        return f"{self.log.namespace}/{self.log.service} {self.pattern.pattern if self.pattern else ''}"


class LogsView(MetricView):
    view: ClassVar[View] = View("logs", "Logs", "l")
    hints = ("enter", "logs", "related", "filter", "sort", "wrong", "why", "problems", "help")
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        "logs": {"n": ("service", "name"), "c": ("new", "new"), "m": ("errors", "errors"),
                 "t": ("warnings", "warnings")},
    }  # fmt: skip

    def panes(self) -> dict[str, Widget]:
        self._release: Callable[[], None] | None = None
        self.table: LiveTable[LogRow] = LiveTable(
            [
                Column("service", "SERVICE / new since the breach", 24, _name, flex=3),
                Column("new", "NEW", 6, _new, right=True, sort=lambda r: -len(r.log.new or ())),
                Column("errors", "ERR/min", 7, lambda r: _rate(r, r.log.errors, "crit"), right=True,
                       sort=lambda r: -(a_minute(r.log.errors, r.log.slice_s) or 0)),
                Column("times", "v HOUR", 7, _times, right=True, from_width=WIDE),
                Column("warnings", "WARN/m", 6, lambda r: _rate(r, r.log.warnings, "warn"), right=True,
                       sort=lambda r: -(a_minute(r.log.warnings, r.log.slice_s) or 0)),
                Column("lines", "LINES/m", 7, lambda r: _rate(r, r.log.lines, ""), right=True, from_width=WIDE,
                       sort=lambda r: -(a_minute(r.log.lines, r.log.slice_s) or 0)),
                Column("course", "ERRORS 1h", 10, lambda r: _course(r, r.log.errors, 10), below_width=WIDE,
                       search=False),
                Column("long", "ERRORS, last hour", 24, lambda r: _course(r, r.log.errors, 24), from_width=WIDE,
                       search=False),
                Column("warned", "WARNINGS", 14, lambda r: _course(r, r.log.warnings, 14), from_width=150,
                       search=False),
            ],
            order=lambda row: row.place,
            mark=lambda row: ("▲", "crit") if row.pattern is None and row.log.new else "",
            empty="no service has written anything",
        )  # fmt: skip
        return {self.id: TableView(self.table, self._explain, rows=10, short_rows=2)}

    # ---- readings -------------------------------------------------------------------------------------------------

    @property
    def topic(self) -> Topic[LogOverview]:
        return LOGS if self.context.profile.loki is not None else POD_LOGS

    @property
    def topics(self) -> tuple[Topic[Any], ...]:
        return (self.topic,)

    @property
    def reading(self) -> Reading[Any]:
        return self.context.board.get(self.topic)

    def looked_at(self, looked: bool) -> None:
        """It is read only while somebody looks at it."""
        if looked and self._release is None:
            self._release = self.context.want(self.topic)
        elif not looked and self._release is not None:
            self._release()
            self._release = None

    def take(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        show_trust(self.table, reading, "no service has written anything in the last hour")
        if reading.value is not None:
            rows = [row for place, log in enumerate(_ranked(reading.value)) for row in _rows(place, log)]
            self.table.set_rows({row.key: row for row in rows})

    # ---- keys -----------------------------------------------------------------------------------------------------

    def act(self, action_id: str, row: Any) -> bool:
        if not isinstance(row, LogRow):
            return False
        console = self.tab.console
        if action_id in ("enter", "logs"):
            words = filter_for(row.pattern.pattern) if row.pattern is not None else ""
            service_logs(console, row.service, filter_text=words)
            return True
        if action_id == "related":
            console.go(2, "workloads", row.service)
            return True
        return False

    def find(self, identity: str) -> bool:
        wanted = identity.strip().partition(" ")[0]
        key = next((key for key, row in self.table.rows.items() if wanted in (row.service, key.strip())), None)
        return key is not None and self.table.go_to(key)

    # ---- words ----------------------------------------------------------------------------------------------------

    def words(self) -> str:
        overview: LogOverview = self.value
        news = [one for one in overview.services if one.new]
        source = f"read from {overview.source}"
        if news:
            worst = max(news, key=lambda one: (max(p.level for p in one.new or ()), len(one.new or ())))
            count = units.plural(sum(len(one.new or ()) for one in news), "pattern")
            words = f"{count} new in {units.plural(len(news), 'service')}, worst {clean(worst.service)}{_since(worst)}"
        elif any(one.problem for one in overview.services):
            words = "not every log can be read: no new error pattern is seen in the others"
        else:
            words = "no error pattern is new" if sure(self.reading) else "no new error pattern is seen"
        return " · ".join((words, source, *overview.remarks[:1]))

    def note(self) -> str:
        value = self.value
        if value is None or not sure(self.reading):
            return super().note()
        news = sum(bool(one.new) for one in value.services)
        return f"▲{news}" if news else ""

    def scope_note(self) -> str:
        return "range 1h"

    # ---- about a row ------------------------------------------------------------------------------------------------

    def is_wrong(self, row: Any) -> bool:
        return isinstance(row, LogRow) and bool(row.pattern or row.log.new or a_minute(row.log.errors, row.log.slice_s))

    def subject(self, row: Any) -> str:
        return row.service if isinstance(row, LogRow) else ""

    def finding(self, row: Any) -> Finding | None:
        return targets.worst_about(self.findings, [self.subject(row)])

    def why(self, row: Any) -> str:
        told = super().why(row)
        return f"{self.tab.describe()}\n\n{told}" if isinstance(row, LogRow) else told

    def _explain(self, row: LogRow, width: int) -> list[Text]:
        log = row.log
        lines = [Text.assemble((clean(log.service), "bold"), f"  {_judgement(log)}")]
        if row.pattern is not None:
            level, words = pattern_words(row.pattern)
            lines.append(Text(f"{row.pattern.count:,}x {level} {words}"))
        else:
            for one in (log.new or ())[:6]:
                level, words = pattern_words(one)
                lines.append(Text(f"{one.count:>6,}x  {level:<6}{words}"))
        if log.problem:
            lines.append(Text(clean(log.problem, 300), style="bold"))
        if log.read:
            lines.append(Text(f"read: {log.read}", style="dim"))
        if found := links_of(self.context, log.service, log.namespace):
            lines.append(link_line(found))
        remarks = self.value.remarks if isinstance(self.value, LogOverview) else ()
        return [*lines, *(Text(clean(one, 300), style="dim") for one in remarks)]


def _ranked(overview: LogOverview) -> list[ServiceLog]:
    """Services in which something is new first, else as the rules rank them."""
    return sorted(overview.services, key=lambda one: not one.new)


def _rows(place: int, log: ServiceLog) -> list[LogRow]:
    patterns = (log.new or ())[:SHOWN]
    return [LogRow(log, (place, 0)), *(LogRow(log, (place, at), one) for at, one in enumerate(patterns, 1))]


def _name(row: LogRow) -> Cell:
    if row.pattern is None:
        return clean(row.service), "strong"
    level, words = pattern_words(row.pattern)
    return f"  {level:<5} {words}", STYLES.get(level, "")


def _new(row: LogRow) -> Cell:
    if row.pattern is not None:
        return f"{row.pattern.count:,}x", "dim"
    if row.log.new is None:
        return "-", "dim"
    return (str(len(row.log.new)), "crit") if row.log.new else ("0", "dim")


def _rate(row: LogRow, course: tuple[float | None, ...], style: str) -> Cell:
    if row.pattern is not None:
        return ""
    value = a_minute(course, row.log.slice_s)
    if value is None:
        return "?", "dim"
    return (units.number(value), style) if value else ("0", "dim")


def _times(row: LogRow) -> Cell:
    if row.pattern is not None:
        return ""
    log = row.log
    return units.factor(a_minute(log.errors, log.slice_s), before(log.errors, log.slice_s))


def _course(row: LogRow, course: tuple[float | None, ...], width: int) -> Cell:
    if row.pattern is not None or not any(course):
        return ""
    return sparkline(course, width), "dim"


def _since(log: ServiceLog) -> str:
    return f" since {units.when(log.since, clock.now())}" if log.since is not None else ""


def _judgement(log: ServiceLog) -> str:
    """`2 patterns new since 02:41 (P99 1.9 s > 0.5 s), against the hour before`."""
    if log.new is None:
        return "writes no errors or warnings: nothing was compared" if not log.problem else "what is new is unknown"
    count = f"{units.plural(len(log.new), 'pattern')} new" if log.new else "nothing new"
    why = f" ({clean(log.breach, 120)})" if log.breach else " (nothing fires: the last minutes)"
    unsure = "" if log.before else "; no error or warning in the hour before"
    return f"{count}{_since(log)}{why}, against the hour before{unsure}"
