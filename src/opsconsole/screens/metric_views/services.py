"""The Services view: the tiles in one line, one large chart and two small ones, and the services that they follow."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from textual.containers import Vertical
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from ...model.alerts import RuleState
from ...model.collection import Delta
from ...model.finding import Change, Finding, Severity
from ...model.metrics import ServiceFigures, Services, Tiles
from ...model.reading import Reading
from ...model.slo import SloFigures
from ...poller.charts import PAST_S
from ...poller.instances import InstancesRequest
from ...poller.topics import ALL_ALERTS, CHANGES, FINDINGS, INCIDENTS, RULES, SERVICES, SLOS, TILES, Topic
from ...rules import quiet
from ...rules.findings import speaks_of
from ...rules.rule_states import FLAPPING
from ...store.view_memory import Remembered
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import ASIDE, Cell, Column
from ...widgets.live_table import LiveTable
from .. import baselines, chart_marks, targets
from ..asked_words import asked_of, asked_words
from ..base import Option, View
from ..chart_look import RANGES, Look
from ..chart_panel import ChartPanel
from ..chart_reading import moment
from ..moved_then import ask_what_moved
from ..now_lines import facts_of
from ..table_tab import show_trust, sure, trust
from ..table_view import TableView
from ..tile_line import tile_line
from .service_words import (
    breach_words,
    burn_cell,
    known,
    name_of,
    over_words,
    tile_words,
    times_normal,
    tree_order,
    within_words,
)
from .view import MetricView

WIDE = 110
FOLLOW_S = 0.15
"""The charts follow the cursor when it has stood still for so long."""
MEMORY = "metrics.charts"
"""Under which the way to look at the charts is kept."""


class ServicesView(MetricView):
    view: ClassVar[View] = View("services", "Services", "s")
    made_of = SERVICES
    hears = (TILES, FINDINGS, CHANGES, INCIDENTS, ALL_ALERTS, RULES, SLOS)
    hints = ("enter", "range", "earlier", "full", "options", "filter", "sort", "why", "problems", "help")
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        "services": {"n": ("service", "name"), "r": ("requests", "requests"), "t": ("state", "state"),
                     "c": ("p99", "P99"), "m": ("errors", "5xx")},
    }  # fmt: skip

    def panes(self) -> dict[str, Widget]:
        self.readings: dict[str, Reading[Any]] = {}
        self.breaches: dict[str, Finding] = {}
        self.ended: frozenset[str] = frozenset()
        """Services whose metrics end: what is shown of them is of then."""
        self.flapping: frozenset[str] = frozenset()
        """Names that a rule about requests fires for now and not then."""
        self.budgets: tuple[SloFigures, ...] = ()
        self.released: dict[str, datetime] = {}
        """When each service was released last, as far as is seen."""
        self.opened: dict[str, tuple[ServiceFigures, ...]] = {}
        """Services whose pods are shown."""
        self._closing: dict[str, Callable[[], None]] = {}
        self._following: Timer | None = None
        self.table: LiveTable[ServiceFigures] = LiveTable(
            self._columns(), order=tree_order, mark=self._mark, empty="no service has requests"
        )
        self.tiles = Static("", classes="tiles", markup=False)
        self.tiles.styles.padding = (0, 1)
        self.charts = ChartPanel(self.context, self._keep)
        above = Vertical(self.tiles, self.charts, classes="metrics-above")
        return {self.id: TableView(self.table, above=above)}

    def mounted(self) -> None:
        self.charts.look = Look.remembered(self.tab.memory.get(MEMORY).on)
        self.follow_cursor()

    def _keep(self, look: Look) -> None:
        words = look.words()
        self.tab.memory.put(MEMORY, Remembered(on=() if words == Look().words() else words))

    def looked_at(self, looked: bool) -> None:
        """Charts and pods are asked for while they are seen; the chart fills no other view."""
        self.charts.rest(not looked)
        if not looked and self.tab.view != self.id and self.charts.is_full:
            self._fill(False)

    # ---- readings -------------------------------------------------------------------------------------------------

    def take(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        if topic == TILES:
            self._take_tiles(reading)
        elif topic == SERVICES:
            self._take_services(reading)
        elif topic == FINDINGS:
            self._take_findings(reading.value or ())
        elif topic == CHANGES:
            self._take_changes(reading.value or ())
        elif topic == SLOS:
            self.budgets = reading.value.figures if reading.value is not None else ()
            self.table.reformat()
        elif topic == RULES:
            self._take_rules(reading.value or ())
        elif topic == INCIDENTS:
            self.charts.mark("incidents", chart_marks.of_incidents(reading.value.incidents if reading.value else ()))
        else:
            self.charts.mark("alerts", chart_marks.of_alerts(reading.value or ()))

    def _take_tiles(self, reading: Reading[Tiles]) -> None:
        before = self.readings.get("tiles", Reading())
        self.readings["tiles"] = reading
        if before.state is not reading.state:
            self.table.reformat()
        line = tile_line(reading, self.context.policy, self.tab.app.size.width - 2, self.tab.console.glyphs)
        self.tiles.update(line, layout=False)

    def _take_services(self, reading: Reading[Services]) -> None:
        self.charts.doubt(trust(reading).partition(":")[0] if reading.value is not None else "")
        show_trust(self.table, reading, "no service has requests")
        if reading.value is not None:
            self._show_rows(reading.value.figures)

    def _show_rows(self, figures: Sequence[ServiceFigures]) -> None:
        """The services with their endpoints, and the pods of those that are opened."""
        rows = [*figures, *(pod for pods in self.opened.values() for pod in pods)]
        self.table.set_rows({row.key: row for row in rows})

    def _take_changes(self, changes: Sequence[Change]) -> None:
        self.charts.mark("changes", chart_marks.of_changes(changes))
        releases = sorted((change for change in changes if change.kind == "release"), key=lambda change: change.at)
        services = self.value.figures if isinstance(self.value, Services) else ()
        names = {row.service for row in services}
        found = {name: change.at for change in releases for name in names if speaks_of(change, name)}
        if found != self.released:
            self.released = found
            self.table.reformat()

    def _take_rules(self, rules: Sequence[RuleState]) -> None:
        found = frozenset(
            one.object.strip()
            for rule in rules
            if rule.measure.startswith(("requests.", "availability"))
            for one in rule.objects
            if one.flapping
        )
        if found != self.flapping:
            self.flapping = found
            self.table.reformat()

    # ---- pods of a service ----------------------------------------------------------------------------------------

    def _turn(self, service: str) -> None:
        """Show the pods of a service, or hide them."""
        if service in self.opened:
            self._close(service)
        else:
            self._open(service)
        self._show_again()

    def _open(self, service: str) -> None:
        charts = getattr(self.context.services, "charts", None)
        if charts is None or not hasattr(charts, "want_instances"):
            return
        self.opened[service] = ()
        topic = charts.want_instances(service)
        unsubscribe = self.context.board.subscribe(topic, partial(self._take_pods, service))
        self.tab.console.say(f"asking for the pods of {clean(service)} …")

        def close() -> None:
            unsubscribe()
            charts.drop(InstancesRequest(service))

        self._closing[service] = close

    def _close(self, service: str) -> None:
        self.opened.pop(service, None)
        if service in self._closing:
            self._closing.pop(service)()

    def _take_pods(self, service: str, reading: Reading[Any], delta: Delta[Any] | None) -> None:
        if reading.value is None:
            self.tab.console.say(f"pods of {clean(service)}: {trust(reading)}")
            return
        first = not self.opened.get(service)
        self.opened[service] = reading.value
        self._show_again()
        if first:
            # they were asked for: no row waits for the cursor to leave
            self.table.settle(keep=True)
            found = f"{units.plural(len(reading.value), 'pod')} with requests, the worst first"
            self.tab.console.say(f"{clean(service)}: {found if reading.value else 'its requests name no pod'}")

    def _show_again(self) -> None:
        if isinstance(self.value, Services):
            self._show_rows(self.value.figures)

    def _take_findings(self, found: Sequence[Finding]) -> None:
        self.breaches = {}
        self.ended = frozenset(finding.object for finding in found if finding.rule == quiet.RULE)
        for finding in sorted(found, key=lambda f: (f.state != "firing", f.severity), reverse=True):
            if finding.tab == self.tab.digit and finding.object:
                self.breaches[finding.object] = finding
        self.table.reformat()

    # ---- the charts follow the cursor -----------------------------------------------------------------------------

    def moved(self, row: Any) -> None:
        if self._following is not None:
            self._following.stop()
        self._following = self.tab.set_timer(FOLLOW_S, self.follow_cursor)

    def follow_cursor(self) -> None:
        """Let the charts show the row under the cursor now."""
        row = self.table.cursor_row
        self.charts.look_at(*(row.service, row.endpoint, row.instance) if row else ("", ""))
        self.tab.changed()

    # ---- keys -----------------------------------------------------------------------------------------------------

    def act(self, action_id: str, row: Any) -> bool:
        charts = self.charts
        keys: dict[str, Callable[[], object]] = {
            "range": charts.next_range,
            "earlier": lambda: charts.move_in_time(-1),
            "later": lambda: charts.move_in_time(1),
            "full": lambda: self._fill(not charts.is_full),
        }
        if charts.is_full:
            keys |= self._full_keys()
        if action_id == "refresh" and charts.look.end:
            charts.to_now()
            self.tab.changed()
        if action_id in keys:
            keys[action_id]()
            self.tab.changed()
            return True
        if action_id == "enter" and isinstance(row, ServiceFigures):
            self._turn(row.service)
            return True
        if action_id == "events" and isinstance(row, ServiceFigures):
            baselines.open_page(self.tab.console, row.service, row.endpoint)
            return True
        if action_id == "related" and isinstance(row, ServiceFigures):
            self.tab.console.go(2, "workloads", row.service)
            return True
        return False

    def _full_keys(self) -> dict[str, Callable[[], object]]:
        """While the chart is the screen: a cursor that reads it, ranges about the cursor, the other charts."""
        charts = self.charts
        return {
            "left": lambda: charts.move_cursor(-1),
            "right": lambda: charts.move_cursor(1),
            "top": lambda: charts.cursor_to(end=False),
            "bottom": lambda: charts.cursor_to(end=True),
            "half.up": lambda: charts.zoom(-1),
            "half.down": lambda: charts.zoom(1),
            "next": lambda: charts.next_chart(1),
            "previous": lambda: charts.next_chart(-1),
            "enter": lambda: ask_what_moved(self.tab, charts),
            "back": lambda: self._fill(False),
        }

    def _fill(self, full: bool) -> None:
        self.tab.set_class(full, "chart-only")
        self.charts.fill(full)

    def options(self) -> tuple[Option, ...]:
        look = self.charts.look
        row = self.table.cursor_row
        pods = (Option("pods", f"pods of {clean(row.service)}", row.service in self.opened),) if row else ()
        return (
            *pods,
            *(Option(f"chart:{kind}", f"large chart: {clean(title)}", look.kind == kind)
              for kind, title in self.charts.titles.items()),
            *(Option(f"past:{name}", f"{name} laid over it", look.past == name) for name in PAST_S),
            Option("braille", "drawn in braille, finer", look.braille),
            Option("from_zero", "axis begins at 0", look.from_zero),
        )  # fmt: skip

    def set_option(self, option_id: str, on: bool) -> None:
        name, _, value = option_id.partition(":")
        look = self.charts.look
        if name == "pods" and self.table.cursor_row is not None:
            self._turn(self.table.cursor_row.service)
        elif name == "chart":
            look = replace(look, kind=value if on else Look().kind)
        elif name == "past":
            look = replace(look, past=value if on else "")
        elif name == "braille":
            look = replace(look, braille=on)
        elif name == "from_zero":
            look = replace(look, from_zero=on)
        self.charts.see(look)
        self.tab.changed()

    def find(self, identity: str) -> bool:
        return self.table.go_to(identity) or self.table.go_to(f"{identity.strip()} ")

    # ---- columns --------------------------------------------------------------------------------------------------

    def _columns(self) -> list[Column[ServiceFigures]]:
        return [
            Column("service", "SERVICE / endpoint", 15, name_of, flex=2, most=40,
                   sort=tree_order),
            Column("requests", "REQ/s", 6, lambda f: known(f.requests_s, units.number), right=True,
                   sort=lambda f: -(f.requests_s or 0)),
            Column("errors", "5xx %", 7, lambda f: known(f.server_errors, units.percent), right=True,
                   sort=lambda f: -(f.server_errors or 0)),
            Column("client", "4xx %", 7, lambda f: known(f.client_errors, units.percent), right=True, from_width=WIDE),
            Column("p50", "P50", 8, lambda f: known(f.p50_s, units.seconds), right=True, from_width=ASIDE),
            Column("p95", "P95", 7, lambda f: known(f.p95_s, units.seconds), right=True,
                   sort=lambda f: -(f.p95_s or 0)),
            Column("p99", "P99", 7, lambda f: known(f.p99_s, units.seconds), right=True,
                   sort=lambda f: -(f.p99_s or 0)),
            Column("week", "v WK", 5, times_normal, right=True, below_width=WIDE),
            Column("normal", "v LAST WK", 9, times_normal, right=True, from_width=WIDE),
            Column("short", "STATE", 14, lambda f: self._state(f, short=True), flex=1, below_width=WIDE),
            Column("state", "STATE", 20, self._state, flex=2, most=40, sort=self._worst_first, from_width=WIDE),
            Column("burn", "BURN 1h", 7, lambda f: burn_cell(f, self.budgets), right=True, from_width=WIDE),
            Column("version", "VERSION (age)", 17, self._version, from_width=WIDE),
        ]  # fmt: skip

    def _breach(self, figures: ServiceFigures) -> Finding | None:
        return self.breaches.get(figures.key)

    def _state(self, figures: ServiceFigures, short: bool = False) -> Cell:
        finding = self._breach(figures)
        if figures.instance:
            return units.DASH, "dim"  # no rule judges a single pod's requests
        if figures.service in self.ended:
            return "not judged", "dim"  # what is seen are its last samples
        if finding is None:
            # a service without requests has no latency; one with requests and without a latency is not known
            judged = (figures.server_errors, figures.p99_s) if figures.requests_s else ()
            if figures.requests_s is None or None in judged or not self._judged():
                return units.UNKNOWN, "dim"
            if self._flaps(figures):
                return FLAPPING, "warn"
            over = over_words(figures, self.context.policy) if figures.endpoint else ""
            return (over, "warn") if over else ("ok", "dim")
        if finding.state == "pending":
            word = "pend" if short else "pending"
            return f"{word} {units.span(finding.pending_s)} of {units.span(finding.for_s)}", "warn"
        word = "" if short else "firing "
        return f"{word}since {units.clock(finding.since)}", "crit" if finding.severity is Severity.CRITICAL else "warn"

    def _worst_first(self, figures: ServiceFigures) -> tuple[object, ...]:
        breach = self._breach(figures)
        rank = (breach.state != "firing", breach.severity) if breach is not None else (2, 0)
        return *rank, tree_order(figures)

    def _flaps(self, figures: ServiceFigures) -> bool:
        """Rules judge services; the words of an endpoint's finding are its own."""
        return figures.service in self.flapping and figures.key.strip() == figures.service

    def _version(self, figures: ServiceFigures) -> str:
        """`1.8.2 (14m)`: since its last release, where that is seen."""
        since = self.released.get(figures.service) if not figures.endpoint and not figures.instance else None
        version = clean(figures.version)
        return f"{version} ({units.age(since, clock.now())})" if version and since else version or units.DASH

    def _judged(self) -> bool:
        """Whether the services are judged on live data: only then may a row be called ok."""
        board = self.context.board
        return sure(board.get(SERVICES), board.get(TILES)) and board.get(FINDINGS).value is not None

    def _mark(self, figures: ServiceFigures) -> Cell:
        finding = self._breach(figures)
        if finding is None:
            return ""
        if finding.state != "firing":
            return "·", "warn"
        return ("▲", "crit") if finding.severity is Severity.CRITICAL else ("△", "warn")

    # ---- words ----------------------------------------------------------------------------------------------------

    def words(self) -> str:
        worst = min(
            self.breaches.values(), key=lambda finding: (finding.state != "firing", finding.severity), default=None
        )
        words = breach_words(worst) if worst else self._unbroken()
        warnings = self._warnings()
        more = [f"{len(warnings) - 1} more: w"] if len(warnings) > 1 else []
        return " · ".join([words, *(f"warning: {text}" for text in warnings[:1]), *more])

    def _warnings(self) -> list[str]:
        """What the server says beside the services and the tiles, each thing once."""
        readings = (self.value, self.readings.get("tiles", Reading()).value)
        said = [clean(line) for value in readings if value is not None for line in value.warnings]
        return list(dict.fromkeys(said))

    def _unbroken(self) -> str:
        return "no service breaches its limits" if self._judged() else "no breach is seen"

    def note(self) -> str:
        return ""

    def scope_note(self) -> str:
        look = self.charts.look
        shown = RANGES[look.range_s] + (f", ends {moment(look.end)}" if look.end else "")
        return f"service: {self.charts.subject or 'all'}   range {shown}   policy {self.context.profile.policy}"

    # ---- about a row ------------------------------------------------------------------------------------------------

    def is_wrong(self, row: Any) -> bool:
        return isinstance(row, ServiceFigures) and self._breach(row) is not None

    def subject(self, row: Any) -> str:
        return row.service if isinstance(row, ServiceFigures) else ""

    def finding(self, row: Any) -> Finding | None:
        breach = self._breach(row) if isinstance(row, ServiceFigures) else None
        return breach or targets.worst_about(self.findings, [self.subject(row)])

    def copy_command(self, row: Any) -> str:
        """The query behind the large chart, for promtool."""
        settings, query = self.context.profile.prometheus, self.charts.asked.source
        if settings is None or not query:
            return ""
        return f"promtool query instant {shlex.quote(settings.url)} {shlex.quote(query)}"

    def why(self, row: Any) -> str:
        finding = self._breach(row) if isinstance(row, ServiceFigures) else None
        chart = self.charts.asked
        asked = asked_of(chart)
        query = asked_words(asked) if asked else chart.source
        drawn = f"the large chart, which need not be what was judged:\n{query}" if query else ""
        policy = self.context.profile.policy
        judged = f"no rule of policy {policy} fires on this row"
        if finding is not None:
            judged = "\n".join(f"{title:<14}{value}" for title, value in facts_of(finding, policy) if value)
        warned = "\n".join(f"warning: {text}" for text in self._warnings())
        return "\n\n".join(filter(None, [judged, warned, drawn]))

    def describe(self, row: Any) -> str:
        if not isinstance(row, ServiceFigures):
            return ""
        facts = [
            ("service", clean(row.service)),
            ("endpoint", clean(row.endpoint) or "all"),
            ("pod", clean(row.instance)),
            ("version", clean(row.version)),
            ("requests", f"{units.number(row.requests_s)}/s, last week {units.number(row.requests_last_week_s)}/s"),
            ("5xx, 4xx", f"{units.percent(row.server_errors)} %, {units.percent(row.client_errors)} %"),
            ("P50, P95", f"{units.seconds(row.p50_s)}, {units.seconds(row.p95_s)}"),
            ("P99", f"{units.seconds(row.p99_s)}, last week {units.seconds(row.p99_last_week_s)}"),
            *baselines.facts(self.context, row.service, row.endpoint),
            ("P95 lies in", within_words(row.p95_in, row.p95_s)),
            ("P99 lies in", within_words(row.p99_in, row.p99_s)),
        ]
        return "\n".join(f"{title:<12}{value}" for title, value in facts if value)

    def raw(self, row: Any) -> str:
        tiles = self.readings.get("tiles", Reading()).value
        if not isinstance(tiles, Tiles):
            return ""
        return "\n\n".join(map(tile_words, tiles.tiles))
