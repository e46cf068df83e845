"""What the Statements and Redis views show of a row, and how they explain it."""

from rich.text import Text

from ..model.statements import StatementRate
from ..text import clock, units
from ..text.clean import clean
from ..widgets.chart_drawing import sparkline
from ..widgets.columns import Cell, Column

HEAVY, NOTABLE = 0.1, 0.02
"""Shares of the execution time from which a new or grown statement is critical, and worth a mark."""


def change(row: StatementRate) -> Cell:
    """`new 14m`, `x 3.2` in calls or mean (whichever grew more), `-` without a before."""
    if row.first_seen is not None:
        style = "crit" if row.share >= HEAVY else "warn" if row.share >= NOTABLE else ""
        return f"new {units.age(row.first_seen, clock.now())}", style
    growth = grown(row)
    if growth is None:
        return units.DASH, "dim"
    text = units.factor(growth, 1.0)
    return (text, "warn") if growth >= 2 and row.share >= NOTABLE else text


def grown(row: StatementRate) -> float | None:
    """How many times the time before it takes now: the larger of calls and mean; None without a before."""
    ratios = [
        now / before
        for now, before in ((row.calls_s, row.before_calls_s), (row.mean_ms, row.before_mean_ms))
        if before and now is not None
    ]
    return max(ratios, default=None)


def statement_mark(row: StatementRate) -> Cell:
    cell = change(row)
    return ("▲", cell[1]) if isinstance(cell, tuple) and cell[1] in ("crit", "warn") else ""


def statement_order(row: StatementRate) -> tuple[int, float]:
    """New ones and what grew first, by the time they cost; "all others" last."""
    if row.key == "others":
        return 2, 0.0
    return (0 if statement_mark(row) else 1), -row.share


def statement_text(row: StatementRate) -> Cell:
    if row.key == "others":
        return row.text, "dim"
    return clean(row.text) or ("text not visible to this role", "dim")


def statement_columns() -> list[Column[StatementRate]]:
    return [
        Column("change", "CHANGE", 9, change, sort=lambda row: -(grown(row) or 0)),
        Column("statement", "STATEMENT", 24, statement_text, flex=6),
        Column("id", "ID", 5, lambda row: query_id(row.query_id), from_width=110),
        Column("calls", "CALLS/s", 8, lambda row: units.number(row.calls_s), right=True, sort=lambda row: -row.calls_s),
        Column("mean", "MEAN ms", 8, lambda row: units.milliseconds(row.mean_ms), right=True,
               sort=lambda row: -row.mean_ms),
        Column("share", "SHARE %", 7, lambda row: units.percent(row.share, 1), right=True,
               sort=lambda row: -row.share),
        Column("rows", "ROWS/CALL", 9, lambda row: units.number(row.rows_per_call, 1) if row.rows_per_call is not None
               else units.DASH, right=True, from_width=78, sort=lambda row: -(row.rows_per_call or 0)),
        Column("before", "v BEFORE", 8, lambda row: units.factor(grown(row), 1.0) if grown(row) else units.DASH,
               right=True, from_width=110),
        Column("app", "APP", 10, lambda row: clean(row.application) or units.DASH, flex=1, most=16, from_width=110),
        Column("trend", "TREND", 10, lambda row: sparkline(row.trend, 10), from_width=120),
    ]  # fmt: skip


def query_id(value: int) -> str:
    """Four hexadecimal digits of a query id: enough to speak of it."""
    return f"{value & 0xFFFF:04x}" if value else ""


def explain_statement(row: StatementRate, width: int) -> list[Text]:
    if row.key == "others":
        return [Text("everything that is not listed, so that the shares add up to 100 %", style="dim")]
    head = Text.assemble((f"{query_id(row.query_id)} ", "bold"), clean(row.text))
    facts = [
        f"{units.number(row.calls_s)} calls/s, {units.milliseconds(row.mean_ms)} ms each",
        f"{units.percent(row.share, 1)} % of the time of all statements",
    ]
    if row.rows_per_call is not None:
        rows = units.number(row.rows_per_call, 1)
        facts.append(f"{rows} {'row' if rows == '1' else 'rows'} per call")
    if row.hit_ratio is not None:
        facts.append(f"{units.percent(row.hit_ratio, 1)} % of its blocks from cache")
    if row.first_seen is not None:
        facts.append(f"first seen {units.clock(row.first_seen)}Z")
    elif row.before_calls_s is not None:
        facts.append(
            f"before: {units.number(row.before_calls_s)} calls/s, {units.milliseconds(row.before_mean_ms)} ms each"
        )
    who = " · ".join(clean(part) for part in (row.application, row.user, row.database) if part)
    return [Text(" · ".join(facts)), head, Text(who, style="dim")]
