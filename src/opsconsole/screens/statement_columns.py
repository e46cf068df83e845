"""What the Statements view shows of a row: its columns, its marks and the order of its rows."""

from collections.abc import Callable

from ..model.statements import NOT_READ, StatementRate
from ..text import clock, units
from ..text.clean import clean
from ..widgets.chart_drawing import sparkline
from ..widgets.columns import ASIDE, Cell, Column

HEAVY, NOTABLE = 0.1, 0.02
"""Shares of the execution time from which a new or grown statement is critical, and worth a mark."""
GREW, MATTERS = 1.25, 0.005
"""What grew less, or takes a smaller share, keeps its place among the unchanged: it is noise."""
OTHERS = "others"
"""Key of the row that stands for everything not listed."""

Words = Callable[[StatementRate], str]


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


def what_grew(row: StatementRate) -> str:
    """`x2.6 calls`, `x9.2 mean`: what the growth is one of."""
    growth = grown(row)
    if not growth:
        return units.DASH
    by_mean = row.before_mean_ms and growth == row.mean_ms / row.before_mean_ms
    return f"{units.factor(growth, 1.0)} {'mean' if by_mean else 'calls'}"


def gained(row: StatementRate) -> float:
    """Milliseconds a second that it takes more than before; what it takes at all where there is no before."""
    now = (row.calls_s or 0.0) * row.mean_ms
    return now - (row.before_calls_s or 0.0) * (row.before_mean_ms or 0.0)


def statement_mark(row: StatementRate) -> Cell:
    cell = change(row)
    return ("▲", cell[1]) if isinstance(cell, tuple) and cell[1] in ("crit", "warn") else ""


def statement_order(row: StatementRate) -> tuple[int, float, float]:
    """What is new or grew and weighs much first, then what grew by the time it costs more; "all others" last."""
    if row.key == OTHERS:
        return 3, 0.0, 0.0
    if statement_mark(row):
        return 0, -row.share, 0.0
    if row.share >= MATTERS and (row.first_seen is not None or (grown(row) or 0.0) >= GREW):
        return 1, -gained(row), -row.share
    return 2, -row.share, 0.0


def statement_text(row: StatementRate) -> Cell:
    if row.key == OTHERS:
        return row.text, "dim"
    if row.text == NOT_READ:
        return NOT_READ, "dim"
    return clean(row.text) or ("text not visible to this role", "dim")


def statement_columns(application: Words, slow: Callable[[StatementRate], bool]) -> list[Column[StatementRate]]:
    """`application` names who runs it; `slow` says whether the server logs it."""
    return [
        Column("change", "CHANGE", 9, change, sort=lambda row: -(grown(row) or 0)),
        Column("statement", "STATEMENT", 24, statement_text, flex=6),
        Column("id", "ID", 5, lambda row: query_id(row.query_id), from_width=110),
        Column("calls", "CALLS/s", 8, lambda row: units.number(row.calls_s), right=True, search=False,
               sort=lambda row: -row.calls),
        Column("mean", "MEAN ms", 8, lambda row: _warned(units.milliseconds(row.mean_ms), slow(row)), right=True,
               search=False, sort=lambda row: -row.mean_ms),
        Column("share", "SHARE %", 7, lambda row: units.percent(row.share, 1), right=True, search=False,
               sort=lambda row: -row.share),
        Column("rows", "ROWS/CALL", 9, lambda row: units.number(row.rows_per_call, 1) if row.rows_per_call is not None
               else units.DASH, right=True, from_width=78, search=False, sort=lambda row: -(row.rows_per_call or 0)),
        Column("before", "v BEFORE", 11, what_grew, right=True, from_width=110, search=False),
        Column("app", "APP", 10, lambda row: clean(application(row)) or units.DASH, flex=1, most=16, from_width=110),
        Column("trend", "TREND", 10, lambda row: (sparkline(row.trend, 10), "dim"), from_width=120, search=False),
        _number("total", "TOTAL", 8, lambda row: row.total_ms / 1000, units.seconds),
        _number("reads", "READ/s", 8, lambda row: row.reads_s, units.number, from_width=170),
        _number("hit", "HIT %", 6, lambda row: row.hit_ratio, units.percent, least_first=True),
        _number("dirtied", "DIRTY/s", 8, lambda row: row.dirtied_s, units.number),
        _number("temp", "TEMP/s", 8, lambda row: row.temp_s, units.number, from_width=195),
        _number("local", "LOCAL/s", 8, lambda row: row.local_s, units.number),
        _number("wal", "WAL/s", 8, lambda row: row.wal_s, units.size, from_width=195),
        _number("io", "I/O %", 6, lambda row: row.io_share, units.percent),
        _number("inio", "IN I/O %", 8, lambda row: row.in_io, units.percent, from_width=180),
        _number("plan", "PLAN ms", 8, lambda row: row.plan_mean_ms, units.milliseconds),
        _number("jit", "JIT %", 6, lambda row: row.in_jit, units.percent),
        Column("user", "USER", 12, lambda row: clean(row.user) or units.DASH, from_width=ASIDE),
        Column("database", "DATABASE", 12, lambda row: clean(row.database) or units.DASH, from_width=ASIDE),
        Column("tags", "TAGS", 24, lambda row: tags(row) or units.DASH, from_width=ASIDE),
        Column("since", "FIRST SEEN", 12, known_since, from_width=ASIDE, search=False,
               sort=lambda row: -row.known_since.timestamp() if row.known_since else None),
    ]  # fmt: skip


def known_since(row: StatementRate) -> Cell:
    if row.key == OTHERS:
        return units.DASH
    return units.when(row.known_since, clock.now()) if row.known_since is not None else (units.UNKNOWN, "dim")


def tags(row: StatementRate) -> str:
    return clean(", ".join(f"{name}={value}" for name, value in row.tags))


def query_id(value: int) -> str:
    """Four hexadecimal digits of a query id: enough to speak of it."""
    return f"{value & 0xFFFF:04x}" if value else ""


def _number(
    id: str,
    title: str,
    width: int,
    value: Callable[[StatementRate], float | None],
    written: Callable[[float | None], str],
    *,
    least_first: bool = False,
    from_width: int = ASIDE,
) -> Column[StatementRate]:
    """A figure that stands aside until somebody asks for it, or until there is room."""
    sign = 1 if least_first else -1

    def sort(row: StatementRate) -> float | None:
        found = value(row)
        return None if found is None else sign * found

    return Column(
        id, title, width, lambda row: written(value(row)), right=True, from_width=from_width, search=False, sort=sort
    )


def _warned(text: str, warn: bool) -> Cell:
    return (text, "warn") if warn else text
