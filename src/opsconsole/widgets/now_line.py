"""The second line: one finding with fixed fields, held long enough to be read; at its right the incident's clock."""

from collections.abc import Callable, Sequence
from datetime import datetime

from ..model.finding import Finding
from ..model.incident import Incident
from ..text.clean import clean
from ..text.units import age, span
from .line import Part, lay_out
from .source_state import Sources
from .theme import Glyphs

HELD_S = 30.0


def rank(finding: Finding) -> tuple[bool, int, int, float]:
    """Not acknowledged first, then severity, then customers touched, then oldest first."""
    since = finding.since.timestamp() if finding.since else float("inf")
    return (bool(finding.acknowledged_by), finding.severity, -(finding.customers or 0), since)


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
) -> list[Part]:
    """The parts of the line. Fields: severity, what, since, after or with, whom, +N. `pending` findings only count."""
    compact = width < 120
    right = _incident(incident, compact, now)
    if finding is None:
        return lay_out([_nothing(sources, pending)], right, width)
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
    elif finding.related and not compact:
        left.append(Part(f"{gap}with {plural_related(finding)}"))
    if finding.whom or finding.customers:
        left.append(Part(gap + _whom(finding, compact)))
    if finding.acknowledged_by:
        left.append(Part(f"{gap}ack {clean(finding.acknowledged_by, 16)}", "dim"))
    if others:
        right = [Part(f" +{others} n ", "key", "next"), *right]
    return lay_out(left, right, width)


def plural_related(finding: Finding) -> str:
    return f"{len(finding.related)} related"


def _whom(finding: Finding, compact: bool) -> str:
    if finding.customers is None:
        return clean(finding.whom, 40)
    if compact:
        return f"{finding.customers:,}cust"
    return clean(finding.whom, 40) or f"{finding.customers:,} customers"


def _incident(incident: Incident | None, compact: bool, now: datetime) -> list[Part]:
    if incident is None:
        return []
    name = clean(incident.id, 12)
    name = name.replace("-", "") if compact else name
    text = f" {name} S{incident.severity} +{age(incident.impact or incident.declared, now)}"
    parts = [Part(text, "title", "tab.6")]
    if incident.next_update:
        left_s = (incident.next_update - now).total_seconds()
        if left_s < 0:
            parts.append(Part(f" upd {'LATE' if compact else 'OVERDUE'} {age(incident.next_update, now)}", "critical"))
        else:
            minutes = span(left_s // 60 * 60) if left_s >= 60 else "<1m"
            parts.append(Part(f" upd{minutes}" if compact else f"  upd in {minutes} "))
    return parts


def _nothing(sources: Sources, pending: int = 0) -> Part:
    """No finding is only good news when every source answers and nothing is on its way to become one."""
    if not sources.total:
        return Part(" no source is configured", "dim")
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
