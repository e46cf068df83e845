"""Columns of what applications say of their callers where some statement has it: route, controller, action, job."""

from collections.abc import Iterable

from ..model.statements import StatementRate
from ..text import units
from ..text.clean import clean
from ..widgets.columns import ASIDE, Cell, Column

SHOWN = ("route", "controller", "action", "job", "component", "framework")
_WIDTHS = {"route": 20, "controller": 14}
WIDE = 190
"""From this width on the route stands beside the others."""


def tag_columns(rows: Iterable[StatementRate]) -> list[Column[StatementRate]]:
    """In the order of `SHOWN`; the same column for the same tag, so that tables see when nothing has changed."""
    had = {name for row in rows for name, _ in row.tags}
    return [_COLUMNS[name] for name in SHOWN if name in had]


def _column(name: str) -> Column[StatementRate]:
    def value(row: StatementRate) -> Cell:
        return clean(dict(row.tags).get(name, "")) or units.DASH

    from_width = WIDE if name == "route" else ASIDE
    return Column(name, name.upper(), _WIDTHS.get(name, 12), value, from_width=from_width)


_COLUMNS = {name: _column(name) for name in SHOWN}
