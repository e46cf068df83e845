"""The rows of the list of findings: what belongs together under its leader, and very many of it as one row to open."""

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec
from rich.cells import cell_len

from ..model.finding import Finding, Severity
from ..rules.groups import SAME_TIME
from ..text import clock, units
from ..text.clean import clean, fit
from ..widgets.columns import Cell, Column
from . import now_lines as lines

SHORT = 18
"""Cells for what came before a finding, on a narrow screen."""
SHOWN = 3
"""Findings of a group that stand under its leader; of more, two and a row that opens the rest."""
GLYPHS = {Severity.CRITICAL: "▲", Severity.BLIND: "?", Severity.WARNING: "△", Severity.INFO: "·"}


class Folded(msgspec.Struct, frozen=True, gc=False):
    """Findings that are not shown, of the group of a leader."""

    leader: str
    count: int
    worst: Severity


Row = Finding | Folded


def folded(found: Sequence[Finding], opened: Collection[str]) -> dict[str, Row]:
    """The rows in their order, by id; a group that is opened shows all of its own."""
    under: dict[str, list[Finding]] = {}
    for finding in found:
        if finding.leader and finding.tie != SAME_TIME and finding.leader not in opened:
            under.setdefault(finding.leader, []).append(finding)
    more = {leader: members[SHOWN - 1 :] for leader, members in under.items() if len(members) > SHOWN}
    hidden = {finding.id for members in more.values() for finding in members}
    rows: dict[str, Row] = {}
    for finding in found:
        if finding.id not in hidden:
            rows[finding.id] = finding
        elif finding is more[finding.leader][0]:
            of_it = more[finding.leader]
            rows[f"more {finding.leader}"] = Folded(finding.leader, len(of_it), min(one.severity for one in of_it))
    return rows


class NowColumns:
    """The columns of the list; findings are told by the numbers of the rows that they stand in."""

    def __init__(self) -> None:
        self.places: Mapping[str, int] = {}
        self.numbers: Mapping[str, int] = {}

    def take(self, rows: Mapping[str, Row]) -> None:
        """The rows as they are to stand."""
        self.places = {id: place for place, id in enumerate(rows)}
        shown = [id for id, row in rows.items() if isinstance(row, Finding)]
        self.numbers = {id: number for number, id in enumerate(shown, 1)}

    def place(self, row: Row) -> int:
        return self.places.get(row.id if isinstance(row, Finding) else f"more {row.leader}", 0)

    def mark(self, row: Row) -> Cell:
        if isinstance(row, Folded):
            return "+"
        number = self.numbers.get(row.id, 0)
        return "?" if row.severity is Severity.BLIND else str(number) if 0 < number < 10 else "+"

    def columns(self) -> list[Column[Row]]:
        return [
            Column("sev", "SEV", 3, self._severity),
            Column("since", "SINCE", 5, _of(_since), right=True),
            Column("what", "WHAT", 26, self._what, flex=1),
            Column("short", "AFTER/WITH", SHORT, _of(self._short), from_width=70, below_width=96),
            Column("with", "AFTER / WITH", 27, _of(self._evidence), from_width=96),
            Column("whom", "WHOM", 10, _of(lines.whom_words)),
            Column("tab", "TAB", 3, _of(lambda finding: str(finding.tab)), right=True),
            Column("ack", "ACK", 9, _of(_acknowledged), from_width=110),
        ]

    def _severity(self, row: Row) -> Cell:
        severity = row.severity if isinstance(row, Finding) else row.worst
        return f"{GLYPHS[severity]}{int(severity)}", lines.STYLES[severity]

    def _what(self, row: Row) -> Cell:
        if isinstance(row, Folded):
            return f"  {row.count} more with #{self.numbers.get(row.leader, 0)} (enter opens)", "dim"
        return f"  {clean(row.what)}" if row.leader and row.tie != SAME_TIME else clean(row.what)

    def _evidence(self, finding: Finding) -> Cell:
        return self._told(finding, short=False)

    def _short(self, finding: Finding) -> Cell:
        return self._told(finding, short=True)

    def _told(self, finding: Finding, *, short: bool) -> Cell:
        """What came before it; of one that is led, its leader's number; of a leader, how many it leads."""
        if finding.state == "pending" and finding.pending_s is not None:
            word = "" if short else "pending "
            return f"{word}{units.span(finding.pending_s)} of {units.span(finding.for_s)}", "dim"
        leader = self.numbers.get(finding.leader)
        if leader is not None:
            return f"with #{leader}" + (", same time" if finding.tie == SAME_TIME and not short else "")
        own = len(finding.evidence)
        after = lines.after_words(finding.after, short=short or own > 0)
        if not own:
            return after or units.DASH
        if not short:
            return f"{after} · with {own}" if after else f"with {own} more"
        many = f" +{own}" if after else f"with {own}"
        return (after if cell_len(after + many) <= SHORT else fit(after, SHORT - cell_len(many))) + many


def _of(cell: Callable[[Finding], Cell]) -> Callable[[Row], Cell]:
    """A cell that a row of folded findings leaves empty."""
    return lambda row: cell(row) if isinstance(row, Finding) else ""


def _since(finding: Finding) -> Cell:
    if finding.state == "pending":
        return "pend", "dim"
    return lines.since_words(finding, clock.now())


def _acknowledged(finding: Finding) -> Cell:
    """Who knows of it, and until when where that ends by itself."""
    if not finding.acknowledged_by:
        return units.DASH
    until = finding.acknowledged_until
    who = clean(finding.acknowledged_by)
    return f"{fit(who, 5).rstrip()} {units.clock(until)}" if until is not None else who
