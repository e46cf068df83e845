"""Tab 1, Metrics: the tiles in one line, one large chart and two small ones, and the services that they follow."""

import shlex
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.containers import Vertical
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from ..model.action import Target
from ..model.collection import Delta
from ..model.finding import Change, Finding, Severity
from ..model.metrics import Alert, ServiceFigures, Services, Tiles
from ..model.reading import Reading
from ..poller.topics import ALERTS, CHANGES, FINDINGS, SERVICES, TILES
from ..text import clock, units
from ..text.clean import clean
from ..widgets.columns import Cell, Column
from ..widgets.live_table import LiveTable
from . import targets
from .base import View
from .chart_panel import RANGES, ChartPanel
from .now_lines import facts_of
from .table_tab import TableTab, show_trust, sure, trust, verdict
from .table_view import TableView
from .tile_line import tile_line

WIDE = 110
FOLLOW_S = 0.15
"""The charts follow the cursor when it has stood still for so long."""


class MetricsTab(TableTab):
    """Views: Services, Alerts."""

    digit: ClassVar[int] = 1
    title: ClassVar[str] = "Metrics"
    views: ClassVar[tuple[View, ...]] = (View("services", "Services", "s"), View("alerts", "Alerts", "a"))
    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        "services": {"n": ("service", "name"), "r": ("requests", "requests"), "t": ("state", "state"),
                     "c": ("p99", "P99"), "m": ("errors", "5xx")},
        "alerts": {"n": ("name", "name"), "t": ("state", "state"), "a": ("since", "since")},
    }  # fmt: skip

    def build(self) -> dict[str, Widget]:
        self.readings: dict[str, Reading[Any]] = {}
        self.breaches: dict[str, Finding] = {}
        self._following: Timer | None = None
        self.places: dict[str, int] = {}
        self.services: LiveTable[ServiceFigures] = LiveTable(
            self._columns(), order=self._order, mark=self._mark, empty="no service has requests"
        )
        self.alerts: LiveTable[Alert] = LiveTable(
            [
                Column("name", "ALERT", 24, lambda a: clean(a.name), flex=1, most=40),
                Column("state", "STATE", 11, _alert_state),
                Column("severity", "SEVERITY", 9, lambda a: clean(a.severity) or units.DASH, from_width=60),
                Column("since", "SINCE", 6, lambda a: units.age(a.since, clock.now()), right=True,
                       sort=lambda a: -(a.since.timestamp() if a.since else 0)),
                Column("summary", "SUMMARY", 24, lambda a: clean(a.summary) or units.DASH, flex=3),
            ],
            order=lambda a: (a.state not in ("active", "firing"), -(a.since.timestamp() if a.since else 0)),
            mark=lambda a: ("▲", "crit") if a.state in ("active", "firing") else "",
        )  # fmt: skip
        self.tiles = Static("", classes="tiles", markup=False)
        self.charts = ChartPanel(self.context)
        above = Vertical(self.tiles, self.charts, classes="metrics-above")
        return {
            "services": TableView(self.services, above=above),
            "alerts": TableView(self.alerts, _explain_alert, rows=4, short_rows=1),
        }

    DEFAULT_CSS = """
    MetricsTab .metrics-above { height: 55%; }
    MetricsTab .tiles { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    MetricsTab.chart-only .metrics-above { height: 1fr; }
    MetricsTab.chart-only LiveTable { height: 0; }
    """

    def on_mount(self) -> None:
        self.follow(TILES, self._show_tiles)
        self.follow(SERVICES, self._show_services)
        self.follow(FINDINGS, self._show_findings)
        self.follow(CHANGES, self._show_changes)
        self.follow(ALERTS, self._show_alerts)
        self._follow_cursor()

    def on_show(self) -> None:
        self.charts.rest(False)

    def on_hide(self) -> None:
        self.charts.rest(True)

    # ---- readings -------------------------------------------------------------------------------------------------

    def _show_tiles(self, reading: Reading[Tiles], delta: Delta[Any] | None) -> None:
        before = self.readings.get("tiles", Reading())
        self.readings["tiles"] = reading
        if before.state is not reading.state:
            self.services.reformat()
            self.changed()
        self.tiles.update(tile_line(reading, self.context.policy, self.app.size.width), layout=False)

    def _show_services(self, reading: Reading[Services], delta: Delta[Any] | None) -> None:
        self.charts.doubt(trust(reading).partition(":")[0] if reading.value is not None else "")
        self.readings["services"] = reading
        show_trust(self.services, reading, "no service has requests")
        if reading.value is not None:
            self.places = tree_places(reading.value.figures)
            self.services.set_rows({figures.key: figures for figures in reading.value.figures})
        self.changed()

    def _show_findings(self, reading: Reading[tuple[Finding, ...]], delta: Delta[Any] | None) -> None:
        found = reading.value or ()
        self.breaches = {}
        for finding in sorted(found, key=lambda f: (f.state != "firing", f.severity), reverse=True):
            if finding.tab == self.digit and finding.object:
                self.breaches[finding.object] = finding
        self.services.reformat()
        self.changed()

    def _show_changes(self, reading: Reading[tuple[Change, ...]], delta: Delta[Any] | None) -> None:
        self.charts.mark(reading.value or ())

    def _show_alerts(self, reading: Reading[tuple[Alert, ...]], delta: Delta[Any] | None) -> None:
        self.readings["alerts"] = reading
        show_trust(self.alerts, reading, "no alert is active")
        if reading.value is not None:
            self.alerts.set_rows({alert.fingerprint: alert for alert in reading.value})
        self.changed()

    # ---- the charts follow the cursor -----------------------------------------------------------------------------

    def on_live_table_moved(self, message: LiveTable.Moved) -> None:
        if message.table is self.services:
            if self._following is not None:
                self._following.stop()
            self._following = self.set_timer(FOLLOW_S, self._follow_cursor)

    def _follow_cursor(self) -> None:
        row = self.services.cursor_row
        self.charts.look_at(row.service if row else "", row.endpoint if row else "")
        self.changed()

    def act(self, action_id: str) -> bool:
        if action_id == "range":
            self.charts.next_range()
            self.changed()
            return True
        if action_id == "full" and self.view == "services":
            self.toggle_class("chart-only")
            return True
        if action_id == "back" and self.has_class("chart-only"):
            self.remove_class("chart-only")
            return True
        if action_id in ("enter", "related"):
            return self._go_on(self.row)
        return super().act(action_id)

    def _go_on(self, row: Any) -> bool:
        """From a service to its workload; an alert shows all that it says."""
        if isinstance(row, ServiceFigures):
            self.console.go(2, "workloads", row.service)
            return True
        if isinstance(row, Alert):
            self.tell("alert", self.describe())
            return True
        return False

    def subject(self) -> str:
        row = self.row
        if isinstance(row, Alert):
            labels = dict(row.labels)
            return labels.get("service") or labels.get("deployment") or ""
        return row.service if isinstance(row, ServiceFigures) else ""

    def target(self) -> Target | None:
        """The workload of the service's name, where there is exactly one."""
        return targets.workload_target(self.context, self.subject())

    def finding(self) -> Finding | None:
        row = self.row
        if isinstance(row, ServiceFigures):
            return self._breach(row) or targets.worst_about(self._findings(), [row.service])
        return targets.worst_about(self._findings(), [self.subject()])

    def _findings(self) -> Sequence[Finding]:
        return self.context.board.get(FINDINGS).value or ()

    def snapshot(self) -> tuple[str, ...]:
        return targets.rows_in_view(self.headline(), self.table)

    def copy_command(self) -> str:
        """The query behind the large chart, for promtool."""
        settings, query = self.context.profile.prometheus, self.charts.asked
        if settings is None or not query or self.view != "services":
            return ""
        return f"promtool query instant {shlex.quote(settings.url)} {shlex.quote(query)}"

    # ---- columns --------------------------------------------------------------------------------------------------

    def _columns(self) -> list[Column[ServiceFigures]]:
        return [
            Column("service", "SERVICE / endpoint", 15, _name, flex=2, most=40, sort=lambda f: (f.service, f.endpoint)),
            Column("requests", "REQ/s", 6, lambda f: _known(f.requests_s, units.number), right=True,
                   sort=lambda f: -(f.requests_s or 0)),
            Column("errors", "5xx %", 7, lambda f: _known(f.server_errors, units.percent), right=True,
                   sort=lambda f: -(f.server_errors or 0)),
            Column("client", "4xx %", 7, lambda f: _known(f.client_errors, units.percent), right=True, from_width=WIDE),
            Column("p50", "P50", 8, lambda f: _known(f.p50_s, units.seconds), right=True, from_width=150),
            Column("p95", "P95", 7, lambda f: _known(f.p95_s, units.seconds), right=True,
                   sort=lambda f: -(f.p95_s or 0)),
            Column("p99", "P99", 7, lambda f: _known(f.p99_s, units.seconds), right=True,
                   sort=lambda f: -(f.p99_s or 0)),
            Column("week", "v WK", 5, _times_normal, right=True, below_width=WIDE),
            Column("normal", "v LAST WK", 9, _times_normal, right=True, from_width=WIDE),
            Column("short", "STATE", 14, lambda f: self._state(f, short=True), flex=1, below_width=WIDE),
            Column("state", "STATE", 20, self._state, flex=2, most=40, sort=self._order, from_width=WIDE),
            Column("version", "VERSION", 14, lambda f: clean(f.version) or units.DASH, from_width=WIDE),
        ]  # fmt: skip

    def _breach(self, figures: ServiceFigures) -> Finding | None:
        return self.breaches.get(figures.key)

    def _state(self, figures: ServiceFigures, short: bool = False) -> Cell:
        finding = self._breach(figures)
        if finding is None:
            # a service without requests has no latency; one with requests and without a latency is not known
            judged = (figures.server_errors, figures.p99_s) if figures.requests_s else ()
            if figures.requests_s is None or None in judged or not self._judged():
                return units.UNKNOWN, "dim"
            return "ok", "dim"
        if finding.state == "pending":
            word = "pend" if short else "pending"
            return f"{word} {units.span(finding.pending_s)} of {units.span(finding.for_s)}", "warn"
        word = "" if short else "firing "
        return f"{word}since {units.clock(finding.since)}", "crit" if finding.severity is Severity.CRITICAL else "warn"

    def _judged(self) -> bool:
        """Whether the services are judged on live data: only then may a row be called ok."""
        board = self.context.board
        return sure(board.get(SERVICES), board.get(TILES)) and board.get(FINDINGS).value is not None

    def _mark(self, figures: ServiceFigures) -> Cell:
        finding = self._breach(figures)
        if finding is None:
            return ""
        return ("▲", "crit") if finding.state == "firing" else ("·", "warn")

    def _order(self, figures: ServiceFigures) -> tuple[object, ...]:
        """Services by name, their endpoints under them."""
        return (self.places.get(figures.key, 0),)

    # ---- words ----------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        if self.view == "alerts":
            reading = self.readings.get("alerts", Reading())
            active = sum(1 for alert in reading.value or () if alert.state in ("active", "firing"))
            none = "no alert is active" if sure(reading) else "no active alert is seen"
            words = f"{units.plural(active, 'alert')} active" if active else none
            return verdict(reading, words)
        reading = self.readings.get("services", Reading())
        worst = min(
            self.breaches.values(), key=lambda finding: (finding.state != "firing", finding.severity), default=None
        )
        words = breach_words(worst) if worst else self._unbroken()
        warnings = reading.value.warnings if isinstance(reading.value, Services) else ()
        return verdict(reading, " · ".join([words, *(f"warning: {clean(text)}" for text in warnings[:1])]))

    def _unbroken(self) -> str:
        return "no service breaches its limits" if self._judged() else "no breach is seen"

    def scope_note(self) -> str:
        if self.view != "services":
            return ""
        shown = self.charts.subject or "all services"
        return f"service: {shown}   range {RANGES[self.charts.range_s]}   policy {self.context.profile.policy}"

    def view_note(self, view_id: str) -> str:
        if view_id != "alerts":
            return ""
        active = self.readings.get("alerts", Reading()).value or ()
        return str(sum(1 for alert in active if alert.state in ("active", "firing")) or "")

    def is_wrong(self, row: Any) -> bool:
        if isinstance(row, ServiceFigures):
            return self._breach(row) is not None
        return isinstance(row, Alert) and row.state in ("active", "firing")

    def go_to(self, identity: str) -> bool:
        if self.view != "services":
            self.show_view("services")
        return self.services.go_to(identity) or self.services.go_to(f"{identity.strip()} ")

    def hints(self) -> tuple[str, ...]:
        return ("enter", "range", "full", "filter", "sort", "why", "problems", "help")

    def why(self) -> str:
        row = self.row
        finding = self._breach(row) if isinstance(row, ServiceFigures) else None
        query = self.charts.asked
        if isinstance(row, Alert):
            return self.describe()
        policy = self.context.profile.policy
        judged = f"no rule of policy {policy} fires on this row"
        if finding is not None:
            judged = "\n".join(f"{title:<14}{value}" for title, value in facts_of(finding, policy) if value)
        return f"{judged}\n\n{query}" if query else judged

    def describe(self) -> str:
        row = self.row
        if not isinstance(row, ServiceFigures):
            return super().describe()
        facts = [
            ("service", clean(row.service)),
            ("endpoint", clean(row.endpoint) or "all"),
            ("version", clean(row.version)),
            ("requests", f"{units.number(row.requests_s)}/s, last week {units.number(row.requests_last_week_s)}/s"),
            ("5xx, 4xx", f"{units.percent(row.server_errors)} %, {units.percent(row.client_errors)} %"),
            ("P50, P95", f"{units.seconds(row.p50_s)}, {units.seconds(row.p95_s)}"),
            ("P99", f"{units.seconds(row.p99_s)}, last week {units.seconds(row.p99_last_week_s)}"),
        ]
        return "\n".join(f"{title:<12}{value}" for title, value in facts if value)

    def raw(self) -> str:
        tiles = self.readings.get("tiles", Reading()).value
        if not isinstance(tiles, Tiles):
            return ""
        return "\n\n".join(f"{tile.title}\n{tile.query}" for tile in tiles.tiles)


def _alert_state(alert: Alert) -> Cell:
    return clean(alert.state), "crit" if alert.state in ("active", "firing") else "dim"


def _times_normal(figures: ServiceFigures) -> Cell:
    if figures.p95_s is None or figures.p95_last_week_s is None:
        return "?", "dim"
    return units.factor(figures.p95_s, figures.p95_last_week_s)


def _known(value: float | None, say: Callable[[float], str]) -> Cell:
    """The value in words; `?` is unknown, as short as the column."""
    return ("?", "dim") if value is None else say(value)


def breach_words(finding: Finding) -> str:
    """`api P99 1.9 s > 500 ms since 02:41`, or how far a breach is from firing."""
    if finding.state == "firing":
        return f"{clean(finding.what)} since {units.when(finding.since, clock.now())}"
    return f"{clean(finding.what)}, pending {units.span(finding.pending_s)} of {units.span(finding.for_s)}"


def tree_places(figures: Sequence[ServiceFigures]) -> dict[str, int]:
    """Key of each row → its place: services by name, endpoints under theirs; it holds while rates vary."""
    ordered = sorted(figures, key=lambda row: (row.service, row.endpoint != "", row.endpoint))
    return {row.key: place for place, row in enumerate(ordered)}


def _name(figures: ServiceFigures) -> Cell:
    if not figures.endpoint:
        return clean(figures.service), "strong"
    return f"  {clean(figures.endpoint)}"


def _explain_alert(alert: Alert, width: int) -> list[Text]:
    labels = "  ".join(f"{clean(key)}={clean(value)}" for key, value in alert.labels)
    silenced = f"silenced by {', '.join(alert.silenced_by)}" if alert.silenced_by else ""
    return [Text(clean(alert.summary)), Text(labels, style="dim"), Text(silenced)]
