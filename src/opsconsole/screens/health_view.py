"""The Health view: what fails first, the rest folded into one row; the pane has the numbers behind a check."""

from collections.abc import Iterable

from rich.cells import cell_len
from rich.text import Text

from ..model.asked import Asked
from ..model.postgres import Detail, HealthCheck, ServerHealth
from ..rules.server_health import ORDER, PLACES
from ..text import units
from ..text.clean import clean, fit, wrapped
from ..widgets.columns import Cell, Column
from .asked_words import asked_words

FINE = "passed"
"""Key of the row that stands for the checks that are fine."""
NARROW = 100
WIDEST = 44
"""Cells that one column of a pane's table takes at most."""
_MARKS = {"crit": ("▲", "crit"), "warn": ("▲", "warn"), "unknown": ("?", "dim"), "ok": ("", "")}


def columns() -> list[Column[HealthCheck]]:
    return [
        Column("check", "CHECK", 22, lambda c: clean(c.title)),
        Column("state", "STATE", 7, _state, search=False),
        Column("value", "VALUE", 40, lambda c: clean(c.value), flex=1, most=46),
        Column("limit", "LIMIT", 18, lambda c: clean(c.limit), flex=2, most=32, from_width=NARROW),
        Column("why", "WHY IT MATTERS", 24, lambda c: clean(c.why), flex=3, most=70, from_width=190),
        Column("remedy", "WHAT ONE DOES", 24, lambda c: clean(c.remedy), flex=4, from_width=110),
    ]


def rows(health: ServerHealth, unfolded: bool, live: bool) -> dict[str, HealthCheck]:
    """By identity: what is not fine, and the fine ones behind one row, of an old answer without that word."""
    fine = [check for check in health.checks if check.state == "ok"]
    shown = {check.id: check for check in health.checks if check.state != "ok" or unfolded}
    if fine:
        word = "enter folds them" if unfolded else "enter shows them"
        shown[FINE] = HealthCheck(FINE, f"{len(fine)} {'fine' if live else 'passed then'}", "ok", word, "", "", "")
    return shown


def place(check: HealthCheck) -> tuple[float, int]:
    """Worst first, then in the order of the list; the fine ones below their row."""
    return (2.5 if check.id == FINE else ORDER[check.state]), PLACES.get(check.id, len(PLACES))


def mark(check: HealthCheck) -> Cell:
    return _MARKS.get(check.state, ("", ""))


def _state(check: HealthCheck) -> Cell:
    if check.id == FINE:
        return ""
    return check.state, check.state if check.state in ("crit", "warn", "ok") else "dim"


def explain(check: HealthCheck, width: int) -> list[Text]:
    """What it is, why it matters and what one does, then the numbers; in a narrow pane what one does comes first."""
    if check.id == FINE:
        return [Text("those within their limits: enter shows each with its value", style="dim")]
    limit = f" (limit {clean(check.limit)})" if check.limit and check.limit != units.DASH else ""
    state = "" if check.state == "unknown" else f" {check.state}:"
    head = Text.assemble((clean(check.title), "bold"), f"{state} {clean(check.value)}{limit}")
    why = [Text(line) for line in wrapped(clean(check.why), max(20, width))]
    remedy = [Text(f"-> {clean(check.remedy)}", style="bold")] if check.remedy else []
    said = [*remedy, *why] if width < NARROW else [*why, *remedy]
    numbers = [line for detail in check.details for line in _table(detail, width)]
    return [head, *said, *numbers]


def _table(detail: Detail, width: int) -> list[Text]:
    """Title and columns in one line, then the rows; each column as wide as what stands in it."""
    cells = [[clean(cell) for cell in row] for row in (detail.columns, *detail.rows)]
    widths = [min(WIDEST, max(cell_len(row[n]) for row in cells)) for n in range(len(detail.columns))]
    lines = ["  ".join(fit(cell, widths[n]) for n, cell in enumerate(row)).rstrip() for row in cells]
    title = Text.assemble((lines[0], "bold dim"), (f"   {clean(detail.title)}", "dim"))
    return [title, *(Text(fit(line, width).rstrip()) for line in lines[1:])]


def words(health: ServerHealth) -> str:
    """The verdict of the view in one line."""
    failing = [check for check in health.checks if check.state in ("crit", "warn")]
    blind = sum(1 for check in health.checks if check.state == "unknown")
    verb = "fails" if len(failing) == 1 else "fail"
    count = f"{len(failing) or 'none'} of {units.plural(len(health.checks), 'check')} {verb}"
    first = f" · {failing[0].title}: {failing[0].value}" if failing else ""
    return clean(f"{count}, {blind} unknown{first}")


def asked(health: ServerHealth, check: HealthCheck) -> tuple[Asked, ...]:
    """The queries that a check comes from."""
    known = {one.name: one for one in health.asked}
    return tuple(known[name] for name in check.asked if name in known)


def why(health: ServerHealth, check: HealthCheck) -> str:
    """How the check came about: its limit, why it matters, and the queries behind it."""
    facts: Iterable[tuple[str, str]] = (
        ("check", f"{check.title}: {check.state}"),
        ("value", check.value),
        ("limit", check.limit),
        ("matters", check.why),
        ("one does", check.remedy),
    )
    told = "\n".join(f"{title:<10}{clean(value)}" for title, value in facts if value)
    return f"{told}\n\n{asked_words(asked(health, check))}".rstrip()
