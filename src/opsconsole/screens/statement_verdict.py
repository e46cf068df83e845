"""What is wrong among the statements of a window, in words for the line above them: the worst first."""

from collections.abc import Iterable, Mapping, Sequence

from ..model.finding import Finding
from ..model.metrics import Services
from ..model.statements import StatementRate
from ..rules.n_plus_one import PerRequest, suspect
from ..text import clock, units
from ..text.clean import clean
from .statement_columns import NOTABLE, query_id, statement_mark

MOST = 2
"""So many statements are named; the table shows the others."""
HALF = 0.5
"""From this share of all time on a statement is named, grown or not: who comes late has nothing to compare it with."""


def verdict(rows: Iterable[StatementRate], findings: Mapping[str, Finding], services: Services | None) -> Sequence[str]:
    """Findings (by the row's key), then suspects and what is marked in the table; nothing where all is as ever."""
    heaviest = sorted(rows, key=lambda row: -row.share)
    place = {row.key: at for at, row in enumerate(heaviest)}
    keys = sorted(findings, key=lambda key: place.get(key, len(place)))
    said = [clean(findings[key].what) for key in keys]
    for row in heaviest:
        words = "" if row.key in findings else _words(row, repeated(row, services))
        if words and len(said) < MOST:
            said.append(words)
    return said


def repeated(row: StatementRate, services: Services | None) -> PerRequest | None:
    """Asked again and again for one request, and it weighs something."""
    return suspect(row, services) if row.share >= NOTABLE else None


def _words(row: StatementRate, per_request: PerRequest | None) -> str:
    """`482c 40 calls per POST /checkout, N+1 suspect, 87 % of the time`."""
    why = ""
    if per_request is not None:
        why = f"{per_request.short}, N+1 suspect"
    elif row.first_seen is not None and statement_mark(row):
        why = f"new {units.age(row.first_seen, clock.now())}"
    elif statement_mark(row):
        why = _growth(row)
    elif row.share >= HALF:
        return f"{query_id(row.query_id)} takes {units.percent(row.share, 0)} % of the time of all statements"
    return f"{query_id(row.query_id)} {why}, {units.percent(row.share, 0)} % of the time" if why else ""


def _growth(row: StatementRate) -> str:
    """Whichever grew more: `called x3.2`, `slower x12.0: 48 ms each`."""
    calls = _times(row.calls_s, row.before_calls_s)
    mean = _times(row.mean_ms, row.before_mean_ms)
    if mean > calls:
        return f"slower {units.factor(row.mean_ms, row.before_mean_ms)}: {units.milliseconds(row.mean_ms)} ms each"
    return f"called {units.factor(row.calls_s, row.before_calls_s)}"


def _times(now: float | None, before: float | None) -> float:
    return now / before if now is not None and before else 0.0
