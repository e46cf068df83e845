"""Tab 4, Costs: the budget's burn-down in one sentence and one chart, spend by category and service."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from ..model.billing import BurnDown, Costs, Spend
from ..model.collection import Delta
from ..model.reading import Reading
from ..poller.topics import COSTS
from ..rules.budget import burn_sentence
from ..text import units
from ..text.clean import clean, fit
from ..widgets.chart import ChartView
from ..widgets.chart_drawing import ChartSpec, Line
from ..widgets.columns import Cell, Column
from ..widgets.live_table import LiveTable
from . import targets
from .base import Option, View
from .table_tab import TableTab, show_trust, trust, verdict
from .table_view import TableView

WIDE = 140
STATE_ORDER = {"crit": 0, "warn": 1, "unknown": 2, "ok": 3}


class CostsTab(TableTab):
    """Views: Budget (burn-down over services), Services, Anomalies."""

    digit: ClassVar[int] = 4
    title: ClassVar[str] = "Costs"
    views: ClassVar[tuple[View, ...]] = (
        View("budget", "Budget", "b"),
        View("services", "Services", "s"),
        View("anomalies", "Anomalies", "a"),
        View("rejected", "Rejected rows", "r"),
    )
    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        view: {"n": ("service", "name"), "m": ("mtd", "money"), "c": ("change", "change")}
        for view in ("budget", "services", "anomalies")
    }

    def build(self) -> dict[str, Widget]:
        self.reading: Reading[Costs] = Reading()
        self.budget = ""
        """The budget whose burn-down is shown; "" is the first."""
        self.burn_down = BurnDownView()
        self.tables = {
            "budget": _spend_table(self._currency, "services of this period appear here"),
            "services": _spend_table(self._currency, "no service has a charge in this period"),
            "anomalies": _spend_table(self._currency, "no service costs clearly more than its weekday pattern"),
        }
        self.rejected: LiveTable[tuple[int, str, int, str]] = LiveTable(
            [
                Column("file", "FILE", 30, lambda row: clean(row[1]), flex=1, most=60),
                Column("row", "LINE", 8, lambda row: str(row[2]), right=True, sort=lambda row: row[2]),
                Column("reason", "WHY IT IS NOT USED", 30, lambda row: clean(row[3]), flex=3),
            ],
            order=lambda row: row[0],
            empty="every row of the bill could be used",
        )
        self.empty: dict[LiveTable[Any], str] = {table: table.empty for table in self.tables.values()}
        self.empty[self.rejected] = self.rejected.empty
        return {
            "budget": TableView(self.tables["budget"], self._explain, above=self.burn_down, rows=4, short_rows=1),
            "services": TableView(self.tables["services"], self._explain, rows=4, short_rows=1),
            "anomalies": TableView(self.tables["anomalies"], self._explain, rows=4, short_rows=1),
            "rejected": self.rejected,
        }

    def on_mount(self) -> None:
        self.follow(COSTS, self._show)

    def _show(self, reading: Reading[Costs], delta: Delta[object] | None) -> None:
        self.reading = reading
        costs = reading.value
        for table, empty in self.empty.items():
            show_trust(table, reading, empty)
        if costs is not None:
            services = {f"{spend.category}/{spend.name}": spend for spend in costs.services}
            self.tables["budget"].set_rows(services)
            self.tables["services"].set_rows(services)
            self.tables["anomalies"].set_rows({k: s for k, s in services.items() if s.anomaly_since})
            rejected = enumerate(costs.bill.rejected)
            self.rejected.set_rows({str(n): (n, r.file, r.row, r.reason) for n, r in rejected})
        burn = self._burn(costs) if costs is not None and costs.burn_downs else None
        self.burn_down.show(costs, burn, trust(reading))
        self.changed()

    def headline(self) -> str:
        costs = self.reading.value
        if costs is None:
            return verdict(self.reading, "")
        if self.view == "rejected":
            words = f"{units.plural(costs.bill.rejected_rows, 'row')} rejected, {costs.bill.rows:,} used"
            return verdict(self.reading, words)
        if not costs.burn_downs:
            spent = sum((spend.to_date for spend in costs.categories), Decimal(0))
            return verdict(
                self.reading,
                f"{units.money(spent, costs.bill.currency)} this period · no budget is set: add [[billing.budgets]]",
            )
        if self.view == "anomalies":
            odd = sum(1 for spend in costs.services if spend.anomaly_since)
            words = f"{units.plural(odd, 'service')} above the usual of the weekday" if odd else "no service stands out"
            return verdict(self.reading, words)
        burn = self._burn(costs)
        worse = [worse_words(other) for other in costs.burn_downs if rank_of(other) < rank_of(burn)]
        width = self.app.size.width
        if width >= WIDE:
            return verdict(self.reading, " · ".join([burn_sentence(burn), *worse]))
        first, *rest = short_parts(burn)
        return verdict(self.reading, fitting([first, *rest[:1], *worse, *rest[1:]], width - 2))

    def _burn(self, costs: Costs) -> BurnDown:
        """The budget that was picked, else the first of the settings."""
        return next((burn for burn in costs.burn_downs if burn.budget == self.budget), costs.burn_downs[0])

    def options(self) -> tuple[Option, ...]:
        costs = self.reading.value
        if costs is None or len(costs.burn_downs) < 2:
            return ()
        shown = self._burn(costs).budget
        return tuple(Option(b.budget, f"burn-down of {clean(b.budget)}", b.budget == shown) for b in costs.burn_downs)

    def set_option(self, option_id: str, on: bool) -> None:
        self.budget = option_id
        self._show(self.reading, None)

    def scope_note(self) -> str:
        costs = self.reading.value
        if costs is None:
            return ""
        through = costs.bill.complete_through
        as_of = "no complete day" if through is None else f"{through:%a} {through.day} {through:%b}"
        rejected = f"   {units.plural(costs.bill.rejected_rows, 'row')} rejected" if costs.bill.rejected_rows else ""
        others = "".join(f", not {rows:,} in {clean(other)}" for other, rows in costs.bill.other_currencies[:2])
        return f"bill as of {as_of}, complete days only · {costs.bill.currency}{others}{rejected}"

    def view_note(self, view_id: str) -> str:
        costs = self.reading.value
        if costs is None:
            return ""
        if view_id == "anomalies":
            return str(sum(1 for spend in costs.services if spend.anomaly_since) or "")
        return str(costs.bill.rejected_rows or "") if view_id == "rejected" else ""

    def hints(self) -> tuple[str, ...]:
        return ("enter", "view.next", "filter", "sort", "why", "raw", "options", "help")

    def why(self) -> str:
        costs = self.reading.value
        if costs is None or not costs.burn_downs:
            return ""
        return "\n\n".join(_reckoning(burn) for burn in costs.burn_downs)

    def _currency(self) -> str:
        return self.reading.value.bill.currency if self.reading.value is not None else "USD"

    def _explain(self, spend: Spend, width: int) -> list[Text]:
        return _explain(spend, self._currency())

    def act(self, action_id: str) -> bool:
        if action_id == "enter" and isinstance(self.row, Spend):
            self.tell("describe", self.describe())
            return True
        return super().act(action_id)

    def snapshot(self) -> tuple[str, ...]:
        return targets.rows_in_view(self.headline(), self.table)

    def is_wrong(self, row: Any) -> bool:
        return not isinstance(row, Spend) or row.anomaly_since is not None

    def raw(self) -> str:
        costs = self.reading.value
        if costs is None:
            return ""
        bill = costs.bill
        row = [msgspec.json.format(msgspec.json.encode(self.row), indent=2).decode()] if self.row is not None else []
        lines = [*row, f"source    {self.reading.source}", *(f"file      {file}" for file in bill.files)]
        lines += [f"rows      {bill.rows:,} used, {bill.rejected_rows:,} rejected"]
        lines += [
            f"currency  {bill.currency}; left out: {rows:,} rows in {other}" for other, rows in bill.other_currencies
        ]
        lines += [f"note      {note}" for note in bill.notes]
        return "\n".join(lines)


def short_parts(burn: BurnDown) -> list[str]:
    """The budget's sentence for narrow consoles, by importance: how much is gone, where that leads, the next line."""
    if burn.state == "unknown" or burn.as_of is None or not burn.amount:
        return [burn_sentence(burn)]
    share = burn.spent / burn.amount * 100
    if burn.exhausted_on is not None:
        outlook = f"exhausted {_short_day(burn.exhausted_on)}"
    elif burn.projected is None:
        outlook = "no run rate yet"
    else:
        outlook = f"-> {units.money(burn.projected, burn.currency)}"
    coming = next(((percent, day) for percent, _, day in burn.lines if day is not None and day > burn.as_of), None)
    spent = f"{burn.budget} {share:.0f} % of {units.money(burn.amount, burn.currency)}"
    parts = [f"{spent}, day {burn.days_done}/{burn.days_total}", outlook]
    return parts if coming is None else [*parts, f"{coming[0]} % line {_short_day(coming[1])}"]


def fitting(parts: list[str], width: int) -> str:
    """As many of the parts as fit, the first ones first."""
    words = parts[0]
    for part in parts[1:]:
        if len(words) + len(part) + 3 > width:
            break
        words += f" · {part}"
    return words


def worse_words(burn: BurnDown) -> str:
    """Another budget, as it stands worse than the one that is shown: `ai exhausted 27 Nov`."""
    if burn.exhausted_on is not None:
        return f"{burn.budget} exhausted {_short_day(burn.exhausted_on)}"
    return f"{burn.budget} {burn.state}"


def rank_of(burn: BurnDown) -> int:
    return STATE_ORDER.get(burn.state, len(STATE_ORDER))


def _short_day(day: date) -> str:
    return f"{day.day} {day:%b}"


class BurnDownView(Horizontal):
    """The burn-down chart, and beside it the categories where there is room."""

    DEFAULT_CSS = """
    BurnDownView { height: 55%; min-height: 8; }
    BurnDownView > ChartView { width: 2fr; }
    BurnDownView > .categories { width: 1fr; height: 1fr; min-width: 53; padding: 0 0 0 1;
        border-left: solid $foreground 30%; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._chart = ChartView()
        self._categories = Static("", classes="categories", markup=False)

    def compose(self) -> ComposeResult:
        yield self._chart
        yield self._categories

    def on_resize(self) -> None:
        self._categories.display = self.size.width >= 120

    def show(self, costs: Costs | None, burn: BurnDown | None, stale: str) -> None:
        self.display = burn is not None
        if costs is None or burn is None:
            return
        self._chart.show(burn_chart(burn, stale))
        self._categories.update(_category_lines(costs), layout=False)


def burn_chart(burn: BurnDown, stale: str = "") -> ChartSpec:
    """Remaining budget by day: actual solid, plan and projection dotted, zero as the limit."""

    def line(points: tuple[tuple[date, Decimal], ...], role: str) -> Line:
        return Line(tuple(_start(day) for day, _ in points), tuple(float(value) for _, value in points), role)

    lines = [line(burn.plan, "plan"), line(burn.projection, "projection"), line(burn.actual, "primary")]
    return ChartSpec(
        title=f"burn-down {clean(burn.budget)}: left solid, plan and run-rate dotted",
        lines=tuple(line for line in lines if line.times),
        start=_start(burn.start),
        end=_start(burn.end),
        marks=tuple((_start(day), f"{percent}%") for percent, _, day in burn.lines if day and day < burn.end),
        days=True,
        stale=stale,
        format=lambda value: f"${units.number(value)}" if burn.currency == "USD" else units.number(value),
    )


def _start(day: date) -> float:
    return datetime.combine(day, time(0), UTC).timestamp()


def _category_lines(costs: Costs) -> Text:
    lines = [Text(f"{'BY CATEGORY':<24}{'MTD':>9} {'v PREV':>7} {'SHARE':>6}", style="bold dim")]
    for spend in sorted(costs.categories, key=lambda spend: -spend.to_date):
        money = units.money(spend.to_date, costs.bill.currency)
        lines.append(
            Text(f"{fit(clean(spend.name), 23)} {money:>9} {_growth(spend):>7} {units.percent(spend.share):>4} %")
        )
    return Text("\n").join(lines)


def _growth(spend: Spend) -> str:
    """Against the same days of the previous period, in percent."""
    if spend.previous is None:
        return units.UNKNOWN
    if spend.previous <= 0:
        return "new" if spend.to_date > 0 else units.DASH
    return f"{(spend.to_date - spend.previous) / spend.previous * 100:+.0f} %"


def _change(spend: Spend, currency: str) -> Cell:
    if spend.previous is None:
        return units.UNKNOWN, "dim"
    difference = spend.to_date - spend.previous
    sign = "+" if difference >= 0 else ""
    return f"{sign}{units.money(difference, currency)} {_growth(spend)}"


def _spend_table(currency: Callable[[], str], empty: str) -> LiveTable[Spend]:
    return LiveTable(
        [
            Column("service", "SERVICE", 22, lambda s: clean(s.name), flex=2, most=40),
            Column("category", "CATEGORY", 12, lambda s: clean(s.category), flex=1, most=28, from_width=100),
            Column("mtd", "MTD", 10, lambda s: units.money(s.to_date, currency()), right=True,
                   sort=lambda s: -s.to_date),
            Column("change", "v PREV PERIOD", 15, lambda s: _change(s, currency()), right=True,
                   sort=lambda s: -(s.to_date - (s.previous or s.to_date))),
            Column("daily", "DAILY NOW", 10, lambda s: units.money(s.daily_now, currency()), right=True, from_width=78,
                   sort=lambda s: -(s.daily_now or 0)),
            Column("share", "SHARE %", 7, lambda s: units.percent(s.share), right=True, sort=lambda s: -s.share),
            Column("state", "STATE", 18, _state, flex=1, most=30),
            Column("note", "LEVER / DRIVER", 14, lambda s: clean(s.note) or units.DASH, flex=2, from_width=120),
        ],
        order=lambda s: (s.anomaly_since is None, -s.to_date),
        mark=lambda s: ("▲", "warn") if s.anomaly_since else "",
        empty=empty,
    )  # fmt: skip


def _state(spend: Spend) -> Cell:
    if spend.anomaly_since is None:
        return ("as usual" if spend.daily_now is not None else units.UNKNOWN), "dim"
    return f"anomaly since {spend.anomaly_since.day} {spend.anomaly_since:%b}", "warn"


def _explain(spend: Spend, currency: str) -> list[Text]:
    spent, before, now = (units.money(value, currency) for value in (spend.to_date, spend.previous, spend.daily_now))
    sentence = f": {spent} this period, {before} in the same days before; {now} a day now"
    share = f"{clean(spend.category)}, {units.percent(spend.share)} % of the spend"
    return [Text.assemble((clean(spend.name), "bold"), sentence), Text(clean(spend.note) or share, style="dim")]


def _reckoning(burn: BurnDown) -> str:
    """The sum that anyone can redo."""

    def money(value: Decimal | None) -> str:
        return units.money(value, burn.currency, 2)

    lines = [
        f"{burn.budget}: {money(burn.amount)} from {burn.start} to before {burn.end} ({burn.basis} cost)",
        f"spent      {money(burn.spent)} in {burn.days_done} complete days (through {burn.as_of})",
        f"remaining  {money(burn.remaining)}",
        f"run-rate   {money(burn.projected)} = spent / {burn.days_done} x {burn.days_total} days",
    ]
    for percent, amount, day in burn.lines:
        lines.append(f"{percent:>3} %      {money(amount)}: {day or 'not in this period'}")
    return "\n".join(lines)
