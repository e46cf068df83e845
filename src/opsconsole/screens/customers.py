"""Tab 5, Customers: who is hurt now, and whose health is worst and why."""

from decimal import Decimal
from typing import Any, ClassVar

import msgspec
from rich.text import Text
from textual.widget import Widget

from ..model.collection import Delta
from ..model.customer import Contribution, Customer, Customers, Health
from ..model.reading import Reading
from ..poller.topics import CUSTOMERS, FINDINGS
from ..text import clock, units
from ..text.clean import clean, fit
from ..widgets.columns import Cell, Column
from ..widgets.live_table import LiveTable
from . import targets
from .base import Option, View
from .table_tab import TOLD_WIDTH, TableTab, show_trust, verdict
from .table_view import TableView

WIDE = 100
"""Narrower panes say how a score is made up in one line."""
BAND_STYLES = {"churn-risk": "crit", "insufficient data": "dim", "at-risk": "warn", "healthy": "ok"}
BAND_SHORT = {"churn-risk": "churn", "insufficient data": "no data", "at-risk": "at risk", "healthy": "healthy"}
BAND_ORDER = {"churn-risk": 0, "insufficient data": 1, "at-risk": 2, "healthy": 3}


class CustomersTab(TableTab):
    """Views: Hurt now, Health."""

    digit: ClassVar[int] = 5
    title: ClassVar[str] = "Customers"
    views: ClassVar[tuple[View, ...]] = (View("health", "Health", "h"), View("hurt", "Hurt now", "u"))
    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        view: {"c": ("score", "score"), "m": ("mrr", "revenue"), "n": ("id", "id"), "a": ("contact", "last contact"),
               "t": ("band", "band"), "r": ("trend", "30-day change")}
        for view in ("health", "hurt")
    }  # fmt: skip

    def build(self) -> dict[str, Widget]:
        self.reading: Reading[Customers] = Reading()
        self.names = False
        base = self.context.board.get(CUSTOMERS).value
        if base is not None and hurt_rows(base) and self._breached():
            self.view = "hurt"
        health, hurt = self._columns(), self._columns()
        hurt[3:3] = [
            Column("hurt", "HURT: SLOW, FAILED REQ", 22, _hurt, sort=lambda h: (-(h.failed or 0), -(h.slow or 0))),
            Column("since", "SINCE", 6, lambda h: units.clock(h.hurt_since) if h.hurt_since else units.DASH),
        ]
        self.health: LiveTable[Health] = LiveTable(health, order=_worst_first, mark=_mark, empty="")
        self.hurt: LiveTable[Health] = LiveTable(hurt, order=_most_hurt_first, mark=_mark, empty="")
        return {
            "health": TableView(self.health, self._explain, rows=10, short_rows=2),
            "hurt": TableView(self.hurt, self._explain, rows=10, short_rows=2),
        }

    def _breached(self) -> bool:
        """While a breach of requests is open the tab opens on whom it hurts; later it never switches by itself."""
        found = self.context.board.get(FINDINGS).value or ()
        return any(finding.state == "firing" and finding.object.endswith(" ") for finding in found)

    def on_mount(self) -> None:
        self.follow(CUSTOMERS, self._show)

    def _show(self, reading: Reading[Customers], delta: Delta[Any] | None) -> None:
        self.reading = reading
        base = reading.value
        show_trust(self.health, reading, "the customer table is empty: check [profiles.NAME.customers]")
        unmeasured = "not measured: set customers.hurt_query to see who is hurt"
        show_trust(self.hurt, reading, "no customer had slow or failed requests" if base and base.hurt_measured
                   else unmeasured)  # fmt: skip
        if base is not None:
            self.health.set_rows({row.customer.id: row for row in base.rows})
            self.hurt.set_rows({row.customer.id: row for row in hurt_rows(base)})
        self.changed()

    def _columns(self) -> list[Column[Health]]:
        return [
            Column("id", "ID", 8, self._who, flex=1, most=28),
            Column("plan", "PLAN", 10, lambda h: clean(h.customer.plan)),
            Column("mrr", "MRR", 8, lambda h: units.money(h.customer.monthly_revenue, h.customer.currency), right=True,
                   sort=lambda h: -(h.customer.monthly_revenue or Decimal(0))),
            Column("score", "HEALTH", 7, _score, right=True, sort=lambda h: 101 if h.score is None else h.score),
            Column("short", "BAND", 7, lambda h: (BAND_SHORT[h.band], BAND_STYLES[h.band]), below_width=100),
            Column("band", "BAND", 17, lambda h: (h.band, BAND_STYLES[h.band]), from_width=100),
            Column("trend", "30d", 6, _trend, right=True, sort=lambda h: h.change_30d or 0.0),
            Column("owner", "OWNER", 10, lambda h: clean(h.customer.owner) or units.DASH, from_width=100),
            Column("contact", "LAST CONTACT", 12, _contact, from_width=100,
                   sort=lambda h: h.customer.last_contact.toordinal() if h.customer.last_contact else 0),
            Column("factor", "BIGGEST FACTOR", 20, lambda h: clean(h.biggest) or units.DASH, flex=2),
        ]  # fmt: skip

    def _who(self, health: Health) -> Cell:
        return f"{clean(health.customer.id)} {clean(health.customer.name)}" if self.names else clean(health.customer.id)

    # ---- words ----------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        base = self.reading.value
        if base is None:
            return verdict(self.reading, "")
        if self.view == "hurt":
            return verdict(self.reading, hurt_sentence(base))
        bands = {band: sum(1 for row in base.rows if row.band == band) for band in BAND_ORDER}
        words = " · ".join(f"{count} {band}" for band, count in bands.items() if count)
        scores = [row.score for row in base.rows if row.score is not None]
        mean = f" · average {sum(scores) / len(scores):.0f} (goal > 70)" if scores else ""
        rejected = f" · {len(base.rejected)} rows rejected (y)" if base.rejected else ""
        return verdict(self.reading, f"{units.plural(len(base.rows), 'customer')}: {words or 'none'}{mean}{rejected}")

    def scope_note(self) -> str:
        base = self.reading.value
        as_of = "" if base is None or base.as_of is None else f"as of {base.as_of.day} {base.as_of:%b %H:%M}Z · "
        return as_of + ("names shown" if self.names else "identifiers only (x shows names)")

    def view_note(self, view_id: str) -> str:
        base = self.reading.value
        if base is None or view_id != "hurt" or not base.hurt_measured:
            return ""
        return str(len(hurt_rows(base)) or "")

    def snapshot(self) -> tuple[str, ...]:
        return targets.rows_in_view(self.headline(), self.table)

    def is_wrong(self, row: Any) -> bool:
        return isinstance(row, Health) and row.band != "healthy"

    def hints(self) -> tuple[str, ...]:
        return ("enter", "view.next", "filter", "sort", "wrong", "options", "problems", "help")

    def options(self) -> tuple[Option, ...]:
        return (Option("names", "customers' names", self.names),)

    def set_option(self, option_id: str, on: bool) -> None:
        self.names = on
        for table in (self.health, self.hurt):
            table.reformat()
        self.changed()

    def act(self, action_id: str) -> bool:
        if action_id == "enter" and isinstance(self.row, Health):
            self.tell("score", self.describe())
            return True
        return super().act(action_id)

    def describe(self) -> str:
        """The account and how its score is made up."""
        health = self.row
        if not isinstance(health, Health):
            return ""
        customer = health.customer
        signed_up = customer.signed_up.isoformat() if customer.signed_up else units.UNKNOWN
        facts = [
            f"{clean(customer.plan)}, {units.money(customer.monthly_revenue, customer.currency)} a month",
            f"owner {clean(customer.owner) or 'NONE'}, signed up {signed_up}, last contact {_contact(health)}",
        ]
        if health.change_30d is not None:
            facts.append(f"{health.change_30d:+.1f} points in 30 days")
        if health.slow is not None:
            facts.append(f"requests hurt: {_hurt(health)}")
        return "\n".join([*facts, "", *(line.plain for line in self._explain(health, TOLD_WIDTH))])

    def why(self) -> str:
        return self.describe()

    def raw(self) -> str:
        base = self.reading.value
        if base is None:
            return ""
        row = [self._as_json(self.row.customer), ""] if isinstance(self.row, Health) else []
        return "\n".join([*row, self.reading.source, "", *base.rejected])

    def _as_json(self, customer: Customer) -> str:
        """The row of the table; the name only where names are shown."""
        shown = customer if self.names else msgspec.structs.replace(customer, name="(x shows names)")
        return msgspec.json.format(msgspec.json.encode(shown), indent=2).decode()

    def _explain(self, health: Health, width: int) -> list[Text]:
        """How the score is made up."""
        score = units.UNKNOWN if health.score is None else f"{health.score:.1f}"
        title = self._who(health)
        head = Text.assemble(
            (str(title), "bold"),
            f": {score} {health.band} · {units.percent(health.coverage)} % of the weights known",
            f" · {', '.join(health.customer.flags)}" if health.customer.flags else "",
        )
        parts = sorted(health.contributions, key=lambda part: (-part.lost, part.normalized is not None))
        if width < WIDE:
            # One line of room: what costs most, in a row.
            lost = "  ".join(f"{self._title(part)} -{part.lost:.0f}" for part in parts if part.lost >= 0.5)
            return [head, Text(f"costs it  {lost}" if lost else "nothing costs it a point", style="dim")]
        lines = [head, Text(f"{'INPUT':<24}{'RAW':>10}{'POINTS':>9}{'WEIGHT':>9}{'COSTS':>9}", style="bold dim")]
        for part in parts:
            raw = units.UNKNOWN if part.raw is None else f"{part.raw:g}"
            points = units.UNKNOWN if part.normalized is None else f"{part.normalized:.0f}"
            cost = f"-{part.lost:.1f}" if part.lost >= 0.05 else units.DASH
            note = "" if part.note == points else clean(part.note)
            row = f"{fit(self._title(part), 24)}{raw:>10}{points:>9}{part.weight:>9g}{cost:>9}  {note}"
            lines.append(Text(row.rstrip(), style="dim" if part.normalized is None and not part.lost else ""))
        return lines

    def _title(self, part: Contribution) -> str:
        """As the policy calls the input."""
        band = self.context.policy.health.get(part.input)
        return clean((band.title if band is not None else "") or part.input.replace("_", " "))


def hurt_rows(base: Customers) -> list[Health]:
    return [row for row in base.rows if (row.slow or 0) + (row.failed or 0) > 0]


def hurt_sentence(base: Customers) -> str:
    if not base.hurt_measured:
        return "not measured: set customers.hurt_query to see who is hurt"
    hurt = hurt_rows(base)
    window = f"last {units.span(base.hurt_window_s)}" if base.hurt_window_s else ""
    if not hurt:
        return " · ".join(part for part in ("no customer had slow or failed requests", window) if part)
    revenue = sum((row.customer.monthly_revenue or Decimal(0) for row in hurt), Decimal(0))
    first = min((row.hurt_since for row in hurt if row.hurt_since), default=None)
    plans: dict[str, list[Decimal]] = {}
    for row in hurt:
        plans.setdefault(row.customer.plan, []).append(row.customer.monthly_revenue or Decimal(0))
    dearest = sorted(plans.items(), key=lambda item: (-sum(item[1]), item[0]))
    by_plan = ", ".join(f"{len(revenues)} {clean(plan)}" for plan, revenues in dearest)
    share = units.percent(len(hurt) / len(base.rows))
    return (
        f"{len(hurt)} of {units.plural(len(base.rows), 'customer')} ({share} %) · {units.money(revenue)} MRR touched · "
        f"{by_plan} · first {units.clock(first)}Z" + (f" · {window}" if window else "")
    )


def _score(health: Health) -> Cell:
    return (units.UNKNOWN, "dim") if health.score is None else f"{health.score:.0f}"


def _mark(health: Health) -> Cell:
    return {"churn-risk": ("▲", "crit"), "insufficient data": ("?", "dim"), "at-risk": ("·", "warn")}.get(
        health.band, ""
    )


def _trend(health: Health) -> Cell:
    change = health.change_30d
    if change is None:
        return "?", "dim"
    if not round(change):
        return units.DASH
    return (f"▼ {-change:.0f}", "warn" if change <= -10 else "") if change < 0 else f"▲ {change:.0f}"


def _contact(health: Health) -> str:
    last = health.customer.last_contact
    return units.UNKNOWN if last is None else f"{(clock.now().date() - last).days} d ago"


def _hurt(health: Health) -> str:
    failed = f", {health.failed:,} failed" if health.failed else ""
    return f"{health.slow or 0:,} slow{failed}"


def _worst_first(health: Health) -> tuple[object, ...]:
    score = 101.0 if health.score is None else health.score
    return BAND_ORDER.get(health.band, 9), score, health.customer.id


def _most_hurt_first(health: Health) -> tuple[object, ...]:
    return -(health.failed or 0) * 10 - (health.slow or 0), health.customer.id
