"""Statements that are new or called far more often than before, and take a large part of the database's time."""

from collections.abc import Collection

from ..model.finding import Finding, Severity
from ..model.postgres import StatementRate, Statements
from ..text import units

SHARE = 0.2
"""From this share of all execution time on a change of one statement is worth a finding."""
TIMES = 3.0
"""Called so many times as often as in the time before."""
SHORTEST_BEFORE_S = 120.0
"""With less of a time before there is nothing to compare with."""
HELD = 0.5
"""A finding that stands ends at this part of both bounds, so that it does not come and go."""


def statement_findings(statements: Statements | None, held: Collection[str] = ()) -> list[Finding]:
    """Findings of the Queries tab; `held` are the ids that stand already. Only a new one knows its since."""
    if statements is None:
        return []
    known_before = (statements.before_s or 0.0) >= SHORTEST_BEFORE_S
    found = []
    for row in statements.rows:
        id = f"statement:{row.key}"
        bound = HELD if id in held else 1.0
        said = _change(row, TIMES * bound) if known_before or row.first_seen is not None else ""
        if said and row.share >= SHARE * bound:
            name = f"{row.query_id & 0xFFFF:04x}"
            what = f"statement {name} {said}, {units.percent(row.share, 0)} % of the time"
            found.append(
                Finding(
                    id=id,
                    severity=Severity.WARNING,
                    what=what,
                    tab=3,
                    since=row.first_seen,
                    value=row.text,
                    object=row.key,
                    rule="statement",
                )
            )
    return found


def _change(row: StatementRate, times: float) -> str:
    if row.first_seen is not None:
        return "new"
    if not row.before_calls_s or row.calls_s < times * row.before_calls_s:
        return ""
    return f"called {units.factor(row.calls_s, row.before_calls_s)}"
