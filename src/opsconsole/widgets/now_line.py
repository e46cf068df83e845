"""The second line: one finding with fixed fields, held long enough to be read; at its right the incident's clock."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from ..config.settings import Policy
from ..model.finding import Finding
from ..model.incident import Incident
from ..rules.incident_clocks import Clock, Clocks, clocks
from ..rules.symptoms import is_symptom
from ..text import units
from ..text.clean import clean
from ..text.units import age
from .line import Part, lay_out, width_of
from .source_state import Sources
from .theme import Glyphs

HELD_S = 30.0
INCIDENT_SHARE, INCIDENT_COMPACT = 0.475, 28
"""What the open incident has at least: of a wide line nearly half, of a narrow one so many cells."""
_RELEASE = re.compile(r"release (\S+) \S+→(\S+) \(\d\d:\d\d\)$")
BUILTIN = Policy()
"""Whose severities are the built-in ones."""


def rank(finding: Finding) -> tuple[bool, int, int, bool, float]:
    """Not acknowledged first, then severity, then customers touched, what explains before its symptoms, then oldest."""
    since = finding.since.timestamp() if finding.since else float("inf")
    return (bool(finding.acknowledged_by), finding.severity, -(finding.customers or 0), is_symptom(finding), since)


class Chooser:
    """Keeps one finding on the line for 30 s unless it ends or something more severe comes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._shown = ""
        self._until = float("-inf")

    @property
    def until(self) -> float:
        """When another one of the same severity may take its place."""
        return self._until

    def choose(self, findings: Sequence[Finding]) -> Finding | None:
        """The one to show of those that fire."""
        firing = sorted((finding for finding in findings if finding.state == "firing"), key=rank)
        if not firing:
            self._shown = ""
            return None
        best = firing[0]
        held = next((finding for finding in firing if finding.id == self._shown), None)
        if held is not None and self._clock() < self._until and rank(best)[:2] >= rank(held)[:2]:
            return held
        if best.id != self._shown:
            self._shown, self._until = best.id, self._clock() + HELD_S
        return best


def now_line(
    width: int,
    finding: Finding | None,
    others: int,
    incident: Incident | None,
    sources: Sources,
    glyphs: Glyphs,
    now: datetime,
    pending: int = 0,
    policy: Policy = BUILTIN,
    evidence: str = "",
) -> list[Part]:
    """The parts of the line. Fields: severity, what, since, after or with, whom, +N. `pending` findings only count.
    `evidence` is the ring that n turns meanwhile: `evidence 2/4`."""
    compact = width < 120
    more = [Part(f" +{others} n ", "key", "next")] if others and finding is not None else []
    if evidence:
        more = [Part(f" {evidence.replace('evidence', 'ev') if compact else evidence} n ", "key", "next")]
    room = width - width_of(more) - 1
    left = [_nothing(sources, pending)] if finding is None else _fitted(finding, compact, glyphs, now, room)
    if incident is None:
        return lay_out(left, more, width)
    # The incident gives way to the finding down to what its clocks need at least.
    share = min(INCIDENT_COMPACT if compact else round(width * INCIDENT_SHARE), room)
    least = width_of(incident_parts(incident, policy, now, share, compact))
    if finding is not None:
        left = _fitted(finding, compact, glyphs, now, room - least)
    right = incident_parts(incident, policy, now, max(share, room - width_of(left)), compact)
    return lay_out(left, [*more, *right], width)


def _fitted(finding: Finding, compact: bool, glyphs: Glyphs, now: datetime, width: int) -> list[Part]:
    """The finding in `width` cells: what came before it is shortened, then left out, before whom it hurts is cut."""
    whole = _finding(finding, compact, glyphs, now)
    shorter = (
        msgspec.structs.replace(finding, after=_short(finding.after)),
        msgspec.structs.replace(finding, after=_short(finding.after), evidence=()),
        msgspec.structs.replace(finding, after="", evidence=()),
    )
    tried = [whole, *(_finding(one, compact, glyphs, now) for one in shorter)]
    return next((parts for parts in tried if width_of(parts) <= width), tried[-1])


def _short(change: str) -> str:
    """`api 1.8.2` of `release api 1.8.1→1.8.2 (02:39)`; other changes keep their words."""
    return _RELEASE.sub(r"\1 \2", change)


def _finding(finding: Finding, compact: bool, glyphs: Glyphs, now: datetime) -> list[Part]:
    glyph, style = {
        1: (glyphs.critical, "critical"),
        2: (glyphs.blind, "blind"),
        3: (glyphs.warning, "warning"),
    }.get(finding.severity, (glyphs.info, "info"))
    gap = " " if compact else " · "
    left = [Part(f"{'' if compact else ' '}{glyph}{int(finding.severity)} ", style), Part(clean(finding.what), style)]
    left.append(Part(gap + age(finding.since, now)))
    if finding.after:
        left.append(Part(f"{gap}{'aft' if compact else 'after'} {clean(finding.after)}"))
    if finding.evidence and not compact:
        left.append(Part(f"{gap}with {len(finding.evidence)} more"))
    if finding.whom or finding.customers:
        left.append(Part(gap + _whom(finding, compact)))
    if finding.acknowledged_by:
        left.append(Part(f"{gap}ack {clean(finding.acknowledged_by, 16)}", "dim"))
    return left


def _whom(finding: Finding, compact: bool) -> str:
    if finding.customers is None:
        return clean(finding.whom, 40)
    if compact:
        return f"{finding.customers:,}cust"
    return clean(finding.whom, 40) or f"{finding.customers:,} customers"


def incident_parts(incident: Incident, policy: Policy, now: datetime, width: int, compact: bool) -> list[Part]:
    """The open incident in at most `width` cells: its name, then as many of its clocks as fit, the most needed first:
    since when it hurts, declared, acknowledged or until when, next update, resolution target, empty roles.

    What is overdue is never left out for something that is not.
    """
    at = clocks(incident, policy, now)
    name, told = _compact(incident, at) if compact else _full(incident, at)
    empty = len(at.empty_roles)
    roles = [f" {units.plural(empty, 'role')} open"] if empty else []
    if not compact and empty:
        roles.insert(0, f" no {', '.join(at.empty_roles)}")
    for words in roles:
        part = Part(f"{'' if compact else ' '}{words}", "warning")
        if words == roles[-1] or width_of([name, *told, part]) < width:
            told.append(part)
            break
    late = [part for part in told if part.style == "critical"]
    kept: list[Part] = []
    for part in [*late, *(one for one in told if one not in late)]:
        if width_of([name, *kept, part]) < width:
            kept.append(part)
    margin = [] if compact else [Part(" ")]
    return [name, *(part for part in told if part in kept), *margin]


def _full(incident: Incident, at: Clocks) -> tuple[Part, list[Part]]:
    name = Part(f" {clean(incident.id, 12)} {'DRILL ' if incident.drill else ''}S{incident.severity}", "title", "tab.6")
    told = [
        _clock(at.impact, f" {at.impact.short}"),
        _clock(at.declared, f"  decl {at.declared.short}"),
        _clock(at.acknowledged, f"  {at.acknowledged.title} {_left(at.acknowledged)}"),
        _clock(at.update, f"  upd {at.update.short}"),
        _clock(at.resolution, f"  res {at.resolution.short}"),
    ]
    return name, [part for part in told if part is not None]


def _compact(incident: Incident, at: Clocks) -> tuple[Part, list[Part]]:
    drill = "DRILL " if incident.drill else ""
    name = Part(f" {clean(incident.id, 12).replace('-', '')} {drill}S{incident.severity}", "title", "tab.6")
    waiting = at.acknowledged.at is not None and at.acknowledged.title == "ack by"
    told = [
        _clock(at.impact, f" {at.impact.short}"),
        _clock(at.acknowledged, f" ack{_left(at.acknowledged)}") if waiting else None,
        _clock(at.update, f" upd{_left(at.update)}"),
        _clock(at.resolution, f" res{_left(at.resolution)}"),
    ]
    return name, [part for part in told if part is not None]


def _left(one: Clock) -> str:
    """`8m`, ` LATE 3m`."""
    return one.short.replace("OVERDUE", " LATE").removeprefix("in ")


def _clock(one: Clock, words: str) -> Part | None:
    if not one.short:
        return None
    return Part(words, "critical" if one.overdue else "warning" if one.soon else "")


def _nothing(sources: Sources, pending: int = 0) -> Part:
    """No finding is only good news when every source answers and nothing is on its way to become one."""
    if not sources.total:
        return Part(" no source is configured", "dim")
    if len(sources.unwell) == sources.total and all(state == "late" for _, state in sources.unwell):
        return Part(f" none of {sources.total} sources has answered yet: nothing is known", "blind")
    if sources.unwell:
        name, state = sources.unwell[0]
        return Part(f" no finding, but {name} is {state}: what it would show is not known", "blind")
    if sources.limited:
        name = sources.limited[0]
        return Part(f" no finding, but {name} is partly forbidden: what it would show is not known", "blind")
    if pending:
        over = f"{pending} limits are" if pending > 1 else "1 limit is"
        return Part(f" nothing fires yet, but {over} exceeded: 0 shows for how long", "warning")
    return Part(f" nothing found wrong · all {sources.total} sources answer", "dim")
