"""Statements that are new, called far more often or far slower than before, and take much of the database's time."""

from collections.abc import Iterable, Mapping

import msgspec

from ..model.finding import Finding, Severity
from ..model.metrics import Services
from ..model.statements import StatementRate, Statements
from ..text import units
from .n_plus_one import suspect
from .statement_kinds import is_own
from .statement_names import beginning, called
from .statement_windows import SHORTEST_BEFORE_S

SHARE = 0.2
"""From this share of all execution time on a change of one statement is worth a finding."""
TIMES = 3.0
"""Called so many times as often, or each call so many times as long, as in the time before."""
HELD = 0.5
"""A finding that stands ends at this part of both bounds, so that it does not come and go."""


class Grown(msgspec.Struct, frozen=True, gc=False):
    """A finding, and what it is measured against: calls per second before it, or milliseconds of one that is slower."""

    finding: Finding
    normal: float


def statement_object(server: str, key: str) -> str:
    """Identity of a statement in findings: its key, with the name of the server where that is not the first one."""
    return f"{server} {key}" if server else key


def of_server(findings: Iterable[Finding], server: str) -> dict[str, Finding]:
    """Those about statements of one server, by the statement's key; `server` is "" for the first."""
    told = ((one, one.object.rpartition(" ")) for one in findings if one.rule == "statement" and one.state == "firing")
    return {key: one for one, (named, _, key) in told if named == server}


def statement_findings(
    statements: Statements | None, normal: Mapping[str, float], server: str = "", services: Services | None = None
) -> tuple[Grown, ...]:
    """Findings of the Queries tab; `server` names one that is not the first, `services` tell of requests.

    `normal` holds by id what each finding that stands is measured against. It must be kept from when the finding
    began: the time before moves along, and after a while it holds the trouble itself. Only a new statement knows its
    `since`.
    """
    found = []
    for row in statements.rows if statements else ():
        if statements is None or is_own(row, statements):
            continue  # what the console itself costs is told elsewhere; on an idle server it is all there is
        object = statement_object(server, row.key)
        id = f"statement:{object}"
        before = normal.get(id)
        bound = 1.0
        if before is None:
            before = _before(row, statements.before_s if statements else None)
        else:
            bound = HELD
        if before is not None and (row.calls_s or 0.0) >= TIMES * bound * before and row.share >= SHARE * bound:
            grown = [Grown(_finding(id, row, before, server, services), before)]
        else:
            grown = _slower(row, normal, statements.before_s, server)
        touches = (statements.server, row.main_application)
        found += [msgspec.structs.replace(one, finding=_touching(one.finding, touches)) for one in grown]
    return tuple(found)


def _touching(finding: Finding, touches: tuple[str, ...]) -> Finding:
    """With the server it runs on and the service that asks it."""
    return msgspec.structs.replace(finding, touches=tuple(name for name in touches if name))


def _slower(row: StatementRate, normal: Mapping[str, float], before_s: float | None, server: str) -> list[Grown]:
    """Called as ever, each call takes far longer: another plan, a lost index, a cold cache."""
    object = statement_object(server, row.key)
    id = f"slower:{object}"
    long_enough = row.first_seen is None and (before_s or 0.0) >= SHORTEST_BEFORE_S
    before, bound = normal.get(id), HELD
    if before is None:
        before, bound = row.before_mean_ms if long_enough else None, 1.0
    if not before or row.mean_ms < TIMES * bound * before or row.share < SHARE * bound:
        return []
    change = f"{units.factor(row.mean_ms, before)}: {units.milliseconds(row.mean_ms)} ms each"
    what = f"statement {called(row, server)} slower {change}, {units.percent(row.share, 0)} % of the time"
    found = Finding(id, Severity.WARNING, what + _aside(row), 3, value=row.text, object=object, rule="statement")
    return [Grown(found, before)]


def _before(row: StatementRate, before_s: float | None) -> float | None:
    """Calls per second in the time before; 0 for a new statement, None where that time is too short or unknown."""
    if (before_s or 0.0) < SHORTEST_BEFORE_S:
        return None
    return 0.0 if row.first_seen is not None else row.before_calls_s or None


def _finding(id: str, row: StatementRate, before: float, server: str, services: Services | None) -> Finding:
    change = f"called {units.factor(row.calls_s, before)}" if before > 0 else "new"
    what = f"statement {called(row, server)} {change}, {units.percent(row.share, 0)} % of the time"
    repeated = suspect(row, services)
    if repeated is not None:
        what += f": {repeated.short}"
    return Finding(
        id, Severity.WARNING, what + _aside(row), 3, since=row.first_seen, value=row.text,
        object=statement_object(server, row.key), rule="statement",
    )  # fmt: skip


def _aside(row: StatementRate) -> str:
    """The first words of its text, last of all, so that they are the first to be cut."""
    words = beginning(row.text)
    return f" ({words})" if words else ""
